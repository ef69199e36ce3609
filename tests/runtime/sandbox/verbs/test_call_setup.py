"""Dial, connect, transfer (protocol 5 and 7.2)."""

from __future__ import annotations

import pytest
from doubles.raw_client import SIGN, DialIn, PlaceCall, RawClient, bridge_states, connect, dial, legs, outcome, phone

from relay_runtime.sandbox import Callee, Caller, Sandbox, Status

A, B, C = "+15550100002", "+15550100003", "+15550100004"


def test_a_dial_is_answered_and_names_its_winner(client: RawClient, sandbox: Sandbox) -> None:
    sandbox.on_dial(A, Callee().rings(2).answers().waits_for_hangup())
    dial(client, [phone(A)])
    body = outcome(client, "answered")
    assert "call_id" not in body
    assert body["call"]["dial_winner"] == "true"
    assert body["call"]["direction"] == "outbound"
    assert legs(client) == {A: ["created", "ringing", "answered"]}
    assert client.kinds()[-1] == "call.dial:answered"
    address = {"node_id": body["node_id"], "call_id": body["call"]["call_id"]}
    client.result("calling.end", address)
    assert sandbox.runs(A)[0].wait().end_source == "outbound"


@pytest.mark.parametrize(
    ("callee", "reason"),
    [
        (Callee().is_busy(), "busy"),
        (Callee().declines(), "decline"),
        (Callee().does_not_exist(), "notFound"),
        (Callee().fails(), "error"),
        (Callee().never_answers(), "noAnswer"),
    ],
)
def test_a_dial_fails_with_reason_and_source(client: RawClient, sandbox: Sandbox, callee: Callee, reason: str) -> None:
    sandbox.on_dial(A, callee)
    dial(client, [phone(A, timeout=2 if reason == "noAnswer" else 600)])
    body = outcome(client, "failed")
    assert (body["reason"], body["source"]) == (reason, "inbound")
    assert "call" not in body
    assert sandbox.counters.calls_up == 0


def test_a_dial_has_a_limit_and_sends_digits(client: RawClient, sandbox: Sandbox) -> None:
    sandbox.on_dial(A, Callee().answers().hears_digits("99").waits_for_hangup())
    dial(client, [phone(A)], max_duration=3, send_digits="9w9")
    ended = client.event("calling.call.state", call_state="ended")
    assert (ended["end_reason"], ended["end_source"]) == ("maxDuration", "none")
    assert sandbox.runs(A)[0].wait().ok


def test_a_connect_to_a_call_that_is_not_there_changes_nothing(
    client: RawClient, call: PlaceCall, sandbox: Sandbox
) -> None:
    sandbox.on_dial(A, Callee().answers())
    _, address = call(Caller().waits_for_hangup())
    unknown = {"type": "call", "params": {"node_id": "n", "call_id": "c"}}
    assert connect(client, address, [unknown])["code"] == "404"
    assert bridge_states(client) == []
    assert connect(client, address, [phone(A)])["code"] == "200"
    client.event("calling.call.connect", connect_state="connected")


def test_two_calls_that_are_up_can_be_connected(client: RawClient, call: PlaceCall, sandbox: Sandbox) -> None:
    first, address = call(Caller("+15550100011").hears_digits(SIGN).says("hi").waits_for_hangup())
    second, other = call(Caller("+15550100012").hears("hi").hangs_up())
    assert connect(client, address, [{"type": "call", "params": other}])["code"] == "200"
    client.go_on(address)
    assert second.wait().ok
    client.event("calling.call.connect", connect_state="disconnected")
    client.result("calling.end", address)
    assert first.wait().ok
    unknown = {"type": "call", "params": {"node_id": "n", "call_id": "c"}}
    assert connect(client, address, [unknown])["code"] == "410"


def test_a_transferred_call_leaves_the_client(client: RawClient, sandbox: Sandbox, dial_in: DialIn) -> None:
    other = dial_in(sandbox)
    other.login(sandbox, "sales")
    run = sandbox.place(Caller().dials("office").waits_for_hangup())
    address = client.answered()
    for dest in ("http://example.com", "two words", "context:", "ftp:x", ""):
        assert client.result("calling.transfer", {**address, "dest": dest})["code"] == "400"
    assert client.result("calling.transfer", {**address, "dest": "context:sales"})["code"] == "200"
    assert other.event("calling.call.receive")["call_state"] == "answered"
    other.result("calling.end", address)
    assert run.wait().status is Status.TRANSFERRED
    assert client.result("calling.end", address)["code"] in {"404", "410"}


@pytest.mark.parametrize("dest", ["+15550100002", "sip:agent@example.com", "sips:agent@example.com"])
def test_a_call_that_is_transferred_to_a_number_leaves_every_client(
    client: RawClient, call: PlaceCall, dest: str
) -> None:
    run, address = call(Caller().waits_for_hangup())
    assert client.do(address, "calling.transfer", dest=dest)["message"] == "Transferring"
    assert run.wait().status is Status.TRANSFERRED
    assert client.code(address, "calling.end") == "410"


def test_a_call_is_transferred_to_a_context_by_its_bare_name(
    client: RawClient, call: PlaceCall, sandbox: Sandbox, dial_in: DialIn
) -> None:
    other = dial_in(sandbox)
    other.login(sandbox, "sales")
    _, address = call(Caller().waits_for_hangup())
    client.do(address, "calling.transfer", dest="sales")
    assert other.event("calling.call.receive")["context"] == "sales"


@pytest.mark.parametrize(
    ("first", "order"),
    [
        (False, ["call.state:answered", "call.state:ended", "call.dial:answered"]),
        (True, ["call.dial:answered", "call.state:ended", "call.state:answered"]),
    ],
)
def test_a_dial_may_tell_who_won_before_the_legs_tell_their_states(
    client: RawClient, sandbox: Sandbox, first: bool, order: list[str]
) -> None:
    sandbox.settings.change(dial_answered_first=first)
    sandbox.on_dial(A, Callee().rings(1).answers().waits_for_hangup())
    sandbox.on_dial(B, Callee().never_answers())
    dial(client, [phone(A), phone(B)])
    body = outcome(client, "answered")
    assert body["call"]["call_state"] == "answered"
    client.event("calling.call.state", call_state="ended")
    client.event("calling.call.state", call_state="answered", call_id=body["call"]["call_id"], dial_winner="true")
    assert [kind for kind in client.kinds() if kind in order] == order
