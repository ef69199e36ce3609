"""Bridges: two parties who hear each other until one of them goes (protocol 7.2)."""

from __future__ import annotations

from doubles.raw_client import SIGN, PlaceCall, RawClient, bridge_states, connect, phone

from relay_runtime.sandbox import Callee, Caller, Sandbox

PATIENT = None  # as long as the test
A, B, C = "+15550100002", "+15550100003", "+15550100004"


def test_two_parties_are_connected_hear_each_other_and_are_taken_apart(
    client: RawClient, call: PlaceCall, sandbox: Sandbox
) -> None:
    sandbox.on_dial(A, Callee().rings(1).answers().hears("hello", PATIENT).says("good day").waits_for_hangup(PATIENT))
    caller = Caller().hears("tone", PATIENT).waits(3).says("hello").hears("good day", PATIENT)
    run, address = call(caller.waits_for_hangup(PATIENT))
    ringback = [{"type": "audio", "params": {"url": "https://example.com/tone.wav"}}]
    assert connect(client, address, [phone(A)], ringback=ringback)["message"] == "Connecting call"
    body = client.event("calling.call.connect", connect_state="connected")
    peer = body["peer"]
    states = client.events("calling.call.state", call_id=peer["call_id"])
    assert [state["call_state"] for state in states] == ["created", "ringing", "answered"]
    assert states[0]["parent"]["call_id"] == address["call_id"]
    assert connect(client, address, [phone(A)])["code"] == "409"
    leg = sandbox.runs(A)[0].call
    assert leg is not None
    there = leg.line
    client.wait(lambda: "good day" in [sound.words for sound in run.call.line.heard] and not there.speaking)
    client.result("calling.disconnect", address)
    client.event("calling.call.state", call_id=peer["call_id"], call_state="ended")
    assert bridge_states(client) == ["connecting", "connected", "disconnected"]
    assert sandbox.runs(A)[0].wait().ok
    assert client.result("calling.disconnect", address)["code"] == "409"
    client.result("calling.end", address)
    assert run.wait().ok


def test_a_peer_that_hangs_up_leaves_the_call_up(client: RawClient, call: PlaceCall, sandbox: Sandbox) -> None:
    sandbox.on_dial(A, Callee().answers().waits(2).hangs_up())
    _, address = call(Caller().waits_for_hangup())
    connect(client, address, [phone(A)])
    client.event("calling.call.connect", connect_state="disconnected")
    assert client.result("calling.end", address)["code"] == "200"


def test_a_caller_who_hangs_up_takes_the_peer_along(client: RawClient, call: PlaceCall, sandbox: Sandbox) -> None:
    sandbox.on_dial(A, Callee().answers().waits_for_hangup())
    _, address = call(Caller().hears_digits(SIGN).hangs_up())
    connect(client, address, [phone(A)])
    client.go_on(address)
    assert sandbox.runs(A)[0].wait().ok
    client.event("calling.call.state", call_id=address["call_id"], call_state="ended")


def test_a_connect_that_nobody_answers_fails_with_its_reason(
    client: RawClient, call: PlaceCall, sandbox: Sandbox
) -> None:
    sandbox.on_dial(A, Callee().is_busy())
    sandbox.on_dial(B, Callee().never_answers())
    _, address = call(Caller().waits_for_hangup())
    connect(client, address, [phone(A)], [phone(B, timeout=1)])
    body = client.event("calling.call.connect", connect_state="failed")
    assert body["failed_reason"] == "noAnswer"
    assert bridge_states(client) == ["connecting", "failed"]


def test_a_call_that_ends_while_connecting_stops_the_ringing(
    client: RawClient, call: PlaceCall, sandbox: Sandbox
) -> None:
    sandbox.on_dial(A, Callee().never_answers())
    _, address = call(Caller().waits_for_hangup())
    connect(client, address, [phone(A, timeout=500)], [phone(B)])
    client.result("calling.end", address)
    assert sandbox.runs(A)[0].wait().end_reason == "cancel"
    assert sandbox.runs(B) == []
    assert sandbox.counters.calls_up == 0
