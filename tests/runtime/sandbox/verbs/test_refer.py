"""calling.refer (protocol 7.2)."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.raw_client import PlaceCall, RawClient, dial, outcome, phone

from relay_runtime.sandbox import Callee, Caller, Sandbox


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


DEVICE = {"type": "sip", "params": {"to": "sip:bob@example.com"}}


def test_a_call_of_a_telephone_cannot_be_referred(client: RawClient, call: PlaceCall) -> None:
    _, address = call(Caller().refers("success"))
    refusal = client.result("calling.refer", {**address, "device": DEVICE})
    assert (refusal["code"], refusal["message"]) == (
        "400",
        "calling.refer: only a SIP call can be referred, and this one is of type phone",
    )
    assert client.events("calling.call.refer") == []


@pytest.mark.parametrize(
    ("device", "code"),
    [
        (phone("+15550100002"), "400"),
        ({"type": "sip", "params": {"from": "sip:a@example.com", "to": "sip:b@example.com"}}, "200"),
        ({"type": "fabric", "params": {"to": "/private/support"}}, "400"),
    ],
)
def test_of_the_legs_that_are_dialled_those_over_sip_can_be_referred(
    client: RawClient, sandbox: Sandbox, device: dict[str, Any], code: str
) -> None:
    sandbox.on_dial("*", Callee().answers().waits_for_hangup())
    dial(client, [device])
    leg = outcome(client, "answered")["call"]
    address = {"node_id": leg["node_id"], "call_id": leg["call_id"]}
    assert client.code(address, "calling.refer", device=DEVICE) == code
