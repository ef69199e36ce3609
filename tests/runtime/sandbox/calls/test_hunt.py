"""Hunts: groups of legs rung in turn, the legs of a group together (protocol 5)."""

from __future__ import annotations

from doubles.one_process import in_one_process
from doubles.raw_client import DialIn, RawClient, dial, legs, outcome, phone

from relay_runtime.sandbox import Callee, Caller, Sandbox, Status

A, B, C = "+15550100002", "+15550100003", "+15550100004"


def test_the_first_of_parallel_legs_wins_and_the_others_are_cancelled(client: RawClient, sandbox: Sandbox) -> None:
    sandbox.on_dial(A, Callee().rings(500).answers())
    sandbox.on_dial(B, Callee().rings(1).answers())
    dial(client, [phone(A, timeout=600), phone(B)])
    assert outcome(client, "answered")["call"]["device"]["params"]["to_number"] == B
    assert legs(client) == {A: ["created", "ringing", "ending", "ended"], B: ["created", "ringing", "answered"]}
    assert client.events("calling.call.state", call_state="ended")[0]["end_reason"] == "cancel"


def test_serial_groups_are_tried_in_order(client: RawClient, sandbox: Sandbox) -> None:
    sandbox.on_dial(A, Callee().is_busy())
    sandbox.on_dial(B, Callee().never_answers())
    sandbox.on_dial(C, Callee().answers())
    dial(client, [phone(A)], [phone(B, timeout=1)], [phone(C)])
    assert outcome(client, "answered")["call"]["device"]["params"]["to_number"] == C
    ended = [body["end_reason"] for body in client.events("calling.call.state", call_state="ended")]
    assert ended == ["busy", "noAnswer"]


def test_a_ringing_leg_can_be_ended_by_the_client(client: RawClient, sandbox: Sandbox) -> None:
    sandbox.on_dial(A, Callee().never_answers())
    dial(client, [phone(A, timeout=500)])
    leg = client.event("calling.call.state", call_state="ringing")
    address = {"node_id": leg["node_id"], "call_id": leg["call_id"]}
    client.result("calling.end", {**address, "reason": "cancel"})
    assert outcome(client, "failed")["reason"] == "cancel"


def test_a_lost_session_rings_no_further_group(dial_in: DialIn) -> None:
    with in_one_process(resume_window=0) as sandbox:
        client = dial_in(sandbox)
        client.login(sandbox)
        sandbox.on_dial(A, Callee().never_answers())
        dial(client, [phone(A, timeout=500)], [phone(B)])
        client.event("calling.call.state", call_state="ringing")
        sandbox.cut()
        sandbox.runs(A)[0].wait()
        assert sandbox.runs(B) == []
        assert sandbox.errors == []


def test_who_is_called_may_take_the_call_by_hand_and_the_other_legs_are_cancelled(
    client: RawClient, sandbox: Sandbox
) -> None:
    sandbox.on_dial(A, Callee().never_answers())
    sandbox.on_dial(B, Callee().never_answers())
    dial(client, [phone(A, timeout=500), phone(B, timeout=500)])
    client.event("calling.call.state", call_state="ringing")
    (rings,), (other,) = sandbox.runs(A), sandbox.runs(B)
    assert rings.answer()
    assert outcome(client, "answered")["call"]["device"]["params"]["to_number"] == A
    assert not rings.answer()  # it rings no more
    assert not other.answer()
    assert rings.status is Status.ANSWERED
    assert other.outcome is not None
    assert other.outcome.end_reason == "cancel"


def test_who_declines_by_hand_takes_nothing(client: RawClient, sandbox: Sandbox) -> None:
    sandbox.on_dial(A, Callee().never_answers())
    dial(client, [phone(A, timeout=500)])
    client.event("calling.call.state", call_state="ringing")
    (run,) = sandbox.runs(A)
    run.hang_up()
    assert outcome(client, "failed")["reason"] == "decline"
    assert not run.answer()


def test_nobody_can_take_his_own_call(client: RawClient, sandbox: Sandbox) -> None:
    assert not sandbox.place(Caller().dials("office")).answer()
