"""calling.send_digits (protocol 7.3)."""

from __future__ import annotations

from doubles.raw_client import PlaceCall, RawClient

from relay_runtime.sandbox import Caller


def test_digits_are_sent_and_heard(client: RawClient, call: PlaceCall) -> None:
    run, address = call(Caller().hears_digits("12#").hangs_up())
    client.result("calling.send_digits", {**address, "control_id": "d", "digits": "1w2W#"})
    client.event("calling.call.send_digits", control_id="d", state="finished")
    assert run.wait().ok
    assert client.result("calling.send_digits", {**address, "control_id": "d", "digits": "x"})["code"] == "410"


def test_digits_that_are_no_keys_are_400(client: RawClient, call: PlaceCall) -> None:
    _, address = call(Caller())
    assert client.result("calling.send_digits", {**address, "control_id": "d", "digits": "5x"})["code"] == "400"
