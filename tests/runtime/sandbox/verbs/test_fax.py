"""calling.send_fax and calling.receive_fax (protocol 7.3, 9)."""

from __future__ import annotations

import pytest
from doubles.raw_client import SIGN, PlaceCall, RawClient

from relay_runtime.sandbox import Caller

HTTPS = "https://example.com"


@pytest.mark.parametrize("method", ["calling.send_fax", "calling.receive_fax"])
def test_a_fax_goes_page_by_page(client: RawClient, call: PlaceCall, method: str) -> None:
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
        (Caller().is_fax(pages=99).hears_digits(SIGN).hangs_up(), "The call ended"),
    ],
)
def test_a_fax_can_fail(client: RawClient, call: PlaceCall, script: Caller, text: str) -> None:
    _, address = call(script)
    client.do(address, "calling.send_fax", control_id="f", document=f"{HTTPS}/1.pdf")
    client.go_on(address)
    client.wait(lambda: [e for e in client.events("calling.call.fax") if e["fax"]["type"] == "finished"])
    last = client.events("calling.call.fax")[-1]["fax"]["params"]
    assert (last["success"], last["result_text"]) == (False, text)


@pytest.mark.parametrize("direction", ["send", "receive"])
def test_a_fax_can_be_stopped(client: RawClient, call: PlaceCall, direction: str) -> None:
    _, address = call(Caller().is_fax(pages=99))
    client.do(address, f"calling.{direction}_fax", control_id="f", document=f"{HTTPS}/1.pdf")
    client.do(address, f"calling.{direction}_fax.stop", control_id="f")
    client.event("calling.call.fax")
