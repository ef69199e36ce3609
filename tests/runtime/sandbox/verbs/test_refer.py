"""calling.refer (protocol 7.2)."""

from __future__ import annotations

import pytest
from doubles.raw_client import PlaceCall, RawClient

from relay_runtime.sandbox import Caller


@pytest.mark.parametrize("state", ["success", "busy", "noAnswer", "error"])
def test_a_refer_ends_as_the_script_says(client: RawClient, call: PlaceCall, state: str) -> None:
    _, address = call(Caller().over_sip([("X-Id", "7")]).refers(state))
    assert client.event("calling.call.receive")["device"]["type"] == "sip"
    device = {"type": "sip", "params": {"to": "sip:bob@example.com"}}
    client.do(address, "calling.refer", device=device)
    assert client.code(address, "calling.refer", device=device) == "409"
    assert client.event("calling.call.refer", state=state)["sip_refer_to"] == "sip:bob@example.com"
    assert client.states("calling.call.refer")[0] == "inProgress"
