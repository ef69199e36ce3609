"""calling.detect (protocol 7.3, 9)."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.raw_client import SIGN, PlaceCall, RawClient

from relay_runtime.sandbox import Caller


def detected(client: RawClient) -> list[dict[str, Any]]:
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
        (Caller().hears_digits(SIGN).presses("12"), {"type": "digit", "params": {"digits": "2"}}, ["2", "finished"]),
    ],
)
def test_a_detector_finds_what_the_script_says(
    client: RawClient, call: PlaceCall, script: Caller, detect: dict[str, Any], found: list[str]
) -> None:
    _, address = call(script)
    client.do(address, "calling.detect", control_id="d", detect=detect, timeout=40)
    client.go_on(address)
    client.wait(lambda: {"event": "finished"} in detected(client))
    assert [params["event"] for params in detected(client)] == found


def test_a_machine_that_goes_on_talking_takes_back_ready(client: RawClient, call: PlaceCall) -> None:
    _, address = call(Caller().is_machine(beep_after=0.1).hears_digits(SIGN).says("press one").waits_for_hangup())
    detect = {"type": "machine", "params": {"detect_interruptions": True}}
    client.do(address, "calling.detect", control_id="d", detect=detect)
    client.wait(lambda: [p["event"] for p in detected(client)] == ["MACHINE", "READY"])
    client.go_on(address)
    client.wait(lambda: [p["event"] for p in detected(client)] == ["MACHINE", "READY", "NOT_READY", "READY"])
    assert detected(client)[1]["beep"] is True
    client.do(address, "calling.detect.stop", control_id="d")
    client.wait(lambda: detected(client)[-1] == {"event": "finished"})
    assert client.code(address, "calling.detect.stop", control_id="d") == "404"
