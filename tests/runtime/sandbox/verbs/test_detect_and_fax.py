"""calling.detect, send_fax and receive_fax (protocol 7.3, 9)."""

import pytest

from relay_runtime.sandbox import Caller

HTTPS = "https://example.com"


def detected(client):
    return [body["detect"]["params"] for body in client.events("calling.call.detect")]


@pytest.mark.parametrize(
    ("script", "detect", "found"),
    [
        (Caller().is_human(), {}, ["HUMAN", "finished"]),
        (Caller(), {"type": "machine"}, ["HUMAN", "finished"]),
        (Caller().is_unknown(), {}, ["UNKNOWN", "finished"]),
        (Caller().is_machine(beep_after=2), {}, ["MACHINE", "READY", "finished"]),
        (Caller().is_machine(), {"params": {"detect_message_end": False}}, ["MACHINE", "finished"]),
        (Caller().is_machine(beep_after=None), {}, ["MACHINE", "finished"]),
        (Caller().is_fax(), {"type": "fax", "params": {"tone": "CNG"}}, ["CNG", "finished"]),
        (Caller(), {"type": "fax"}, ["finished"]),
        (Caller().waits(1).presses("12"), {"type": "digit", "params": {"digits": "2"}}, ["2", "finished"]),
    ],
)
def test_a_detector_finds_what_the_script_says(client, call, script, detect, found):
    _, address = call(script)
    client.do(address, "calling.detect", control_id="d", detect=detect, timeout=6)
    client.wait(lambda: {"event": "finished"} in detected(client))
    assert [params["event"] for params in detected(client)] == found


def test_a_machine_that_goes_on_talking_takes_back_ready(client, call):
    _, address = call(Caller().is_machine(beep_after=0.1).waits(4).says("press one").waits_for_hangup())
    detect = {"type": "machine", "params": {"detect_interruptions": True}}
    client.do(address, "calling.detect", control_id="d", detect=detect)
    client.wait(lambda: [p["event"] for p in detected(client)] == ["MACHINE", "READY", "NOT_READY", "READY"])
    assert detected(client)[1]["beep"] is True
    client.do(address, "calling.detect.stop", control_id="d")
    client.wait(lambda: detected(client)[-1] == {"event": "finished"})
    assert client.code(address, "calling.detect.stop", control_id="d") == "404"


@pytest.mark.parametrize("method", ["calling.send_fax", "calling.receive_fax"])
def test_a_fax_goes_page_by_page(client, call, method):
    _, address = call(Caller().is_fax(pages=2))
    client.do(address, method, control_id="f", document=f"{HTTPS}/1.pdf")
    client.wait(lambda: [body["fax"]["type"] for body in client.events("calling.call.fax")][-1:] == ["finished"])
    pages, last = client.events("calling.call.fax")[:-1], client.events("calling.call.fax")[-1]["fax"]["params"]
    assert [page["fax"]["params"]["number"] for page in pages] == [1, 2]
    assert (last["success"], last["pages"], last["result"]) == (True, 2, 0)
    assert last["direction"] == method.removeprefix("calling.").removesuffix("_fax")


@pytest.mark.parametrize(
    ("script", "text"),
    [
        (Caller(), "The remote side is no fax machine"),
        (Caller().is_fax(error="Carrier lost"), "Carrier lost"),
        (Caller().is_fax(pages=99).waits(3).hangs_up(), "The call ended"),
    ],
)
def test_a_fax_can_fail(client, call, script, text):
    _, address = call(script)
    client.do(address, "calling.send_fax", control_id="f", document=f"{HTTPS}/1.pdf")
    client.wait(lambda: [e for e in client.events("calling.call.fax") if e["fax"]["type"] == "finished"])
    last = client.events("calling.call.fax")[-1]["fax"]["params"]
    assert (last["success"], last["result_text"]) == (False, text)


@pytest.mark.parametrize("direction", ["send", "receive"])
def test_a_fax_can_be_stopped(client, call, direction):
    _, address = call(Caller().is_fax(pages=99))
    client.do(address, f"calling.{direction}_fax", control_id="f", document=f"{HTTPS}/1.pdf")
    client.do(address, f"calling.{direction}_fax.stop", control_id="f")
    client.event("calling.call.fax")
