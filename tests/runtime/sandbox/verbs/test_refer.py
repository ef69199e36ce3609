"""calling.refer (protocol 7.2)."""

from __future__ import annotations

import pytest
from doubles.raw_client import PlaceCall, RawClient

from relay_runtime.sandbox import Caller, Sandbox


@pytest.mark.parametrize("state", ["success", "busy", "noAnswer", "error"])
def test_a_refer_ends_as_the_script_says(client: RawClient, call: PlaceCall, state: str) -> None:
    _, address = call(Caller().over_sip([("X-Id", "7")]).refers(state))
    assert client.event("calling.call.receive")["device"]["type"] == "sip"
    device = {"type": "sip", "params": {"to": "sip:bob@example.com"}}
    client.do(address, "calling.refer", device=device)
    assert client.event("calling.call.refer", state=state)["sip_refer_to"] == "sip:bob@example.com"
    assert client.states("calling.call.refer")[0] == "inProgress"


def test_a_second_refer_is_refused_while_one_is_on_its_way(
    client: RawClient, call: PlaceCall, sandbox: Sandbox
) -> None:
    _, address = call(Caller().over_sip([("X-Id", "7")]).refers("success"))
    device = {"type": "sip", "params": {"to": "sip:bob@example.com"}}
    sandbox.exchange.ground.clock.time_scale = 100.0  # it does not end before the second comes
    client.do(address, "calling.refer", device=device)
    assert client.code(address, "calling.refer", device=device) == "409"
