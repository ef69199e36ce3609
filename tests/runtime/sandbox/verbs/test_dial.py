"""calling.dial (protocol 5) and calling.connect (protocol 7.2)."""

import pytest

from relay_runtime.sandbox import Callee, Caller, Sandbox

A, B, C = "+15550100002", "+15550100003", "+15550100004"


def phone(number, **params):
    return {"type": "phone", "params": {"from_number": "+15550100099", "to_number": number, **params}}


def dial(client, *groups, **params):
    result = client.result("calling.dial", {"tag": "T", "devices": list(groups), **params})
    assert result == {"code": "200", "message": "Dialing"}


def outcome(client, state):
    return client.event("calling.call.dial", tag="T", dial_state=state)


def legs(client):
    """The states of each leg in order, by the number it went to."""
    found = {}
    for body in client.events("calling.call.state", tag="T"):
        found.setdefault(body["device"]["params"]["to_number"], []).append(body["call_state"])
    return found


def test_a_dial_is_answered_and_names_its_winner(client, sandbox):
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


def test_the_first_of_parallel_legs_wins_and_the_others_are_cancelled(client, sandbox):
    sandbox.on_dial(A, Callee().rings(500).answers())
    sandbox.on_dial(B, Callee().rings(1).answers())
    dial(client, [phone(A, timeout=600), phone(B)])
    assert outcome(client, "answered")["call"]["device"]["params"]["to_number"] == B
    assert legs(client) == {A: ["created", "ringing", "ending", "ended"], B: ["created", "ringing", "answered"]}
    assert client.events("calling.call.state", call_state="ended")[0]["end_reason"] == "cancel"


def test_serial_groups_are_tried_in_order(client, sandbox):
    sandbox.on_dial(A, Callee().is_busy())
    sandbox.on_dial(B, Callee().never_answers())
    sandbox.on_dial(C, Callee().answers())
    dial(client, [phone(A)], [phone(B, timeout=1)], [phone(C)])
    assert outcome(client, "answered")["call"]["device"]["params"]["to_number"] == C
    ended = [body["end_reason"] for body in client.events("calling.call.state", call_state="ended")]
    assert ended == ["busy", "noAnswer"]


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
def test_a_dial_fails_with_reason_and_source(client, sandbox, callee, reason):
    sandbox.on_dial(A, callee)
    dial(client, [phone(A, timeout=2)])
    body = outcome(client, "failed")
    assert (body["reason"], body["source"]) == (reason, "inbound")
    assert "call" not in body
    assert sandbox.counters.calls_up == 0


def test_a_number_without_a_script_answers_after_a_short_ring(client, sandbox):
    dial(client, [phone(A)], timeout=20)
    outcome(client, "answered")


def test_a_dial_has_a_limit_and_sends_digits(client, sandbox):
    sandbox.on_dial(A, Callee().answers().hears_digits("99").waits_for_hangup())
    dial(client, [phone(A)], max_duration=3, send_digits="9w9")
    ended = client.event("calling.call.state", call_state="ended")
    assert (ended["end_reason"], ended["end_source"]) == ("maxDuration", "none")
    assert sandbox.runs(A)[0].wait().ok


def test_a_ringing_leg_can_be_ended_by_the_client(client, sandbox):
    sandbox.on_dial(A, Callee().never_answers())
    dial(client, [phone(A, timeout=500)])
    leg = client.event("calling.call.state", call_state="ringing")
    address = {"node_id": leg["node_id"], "call_id": leg["call_id"]}
    client.result("calling.end", {**address, "reason": "cancel"})
    assert outcome(client, "failed")["reason"] == "cancel"


def test_a_lost_session_rings_no_further_group(dial_in):
    with Sandbox(time_scale=0.01, resume_window=0) as sandbox:
        client = dial_in(sandbox)
        client.login(sandbox)
        sandbox.on_dial(A, Callee().never_answers())
        dial(client, [phone(A, timeout=500)], [phone(B)])
        client.event("calling.call.state", call_state="ringing")
        sandbox.cut()
        sandbox.runs(A)[0].wait()
        assert sandbox.runs(B) == []
        assert sandbox.errors == []


# -- connect -----------------------------------------------------------------------------------------------


def connect(client, address, *groups, **params):
    return client.result("calling.connect", {**address, "devices": list(groups), "tag": "T", **params})


def bridge_states(client):
    return [body["connect_state"] for body in client.events("calling.call.connect")]


def test_two_parties_are_connected_hear_each_other_and_are_taken_apart(client, call, sandbox):
    sandbox.on_dial(A, Callee().rings(1).answers().hears("hello").says("good day").waits_for_hangup())
    run, address = call(Caller().hears("tone").waits(3).says("hello").hears("good day").waits_for_hangup())
    ringback = [{"type": "audio", "params": {"url": "https://example.com/tone.wav"}}]
    assert connect(client, address, [phone(A)], ringback=ringback)["message"] == "Connecting call"
    body = client.event("calling.call.connect", connect_state="connected")
    peer = body["peer"]
    states = client.events("calling.call.state", call_id=peer["call_id"])
    assert [state["call_state"] for state in states] == ["created", "ringing", "answered"]
    assert states[0]["parent"]["call_id"] == address["call_id"]
    assert connect(client, address, [phone(A)])["code"] == "409"
    there = sandbox.runs(A)[0].call.line
    client.wait(lambda: "good day" in [sound.words for sound in run.call.line.heard] and not there.speaking)
    client.result("calling.disconnect", address)
    client.event("calling.call.state", call_id=peer["call_id"], call_state="ended")
    assert bridge_states(client) == ["connecting", "connected", "disconnected"]
    assert sandbox.runs(A)[0].wait().ok
    assert client.result("calling.disconnect", address)["code"] == "409"
    client.result("calling.end", address)
    assert run.wait().ok


def test_a_peer_that_hangs_up_leaves_the_call_up(client, call, sandbox):
    sandbox.on_dial(A, Callee().answers().waits(2).hangs_up())
    _, address = call(Caller().waits_for_hangup())
    connect(client, address, [phone(A)])
    client.event("calling.call.connect", connect_state="disconnected")
    assert client.result("calling.end", address)["code"] == "200"


def test_a_caller_who_hangs_up_takes_the_peer_along(client, call, sandbox):
    sandbox.on_dial(A, Callee().answers().waits_for_hangup())
    _, address = call(Caller().waits(3).hangs_up())
    connect(client, address, [phone(A)])
    assert sandbox.runs(A)[0].wait().ok
    client.event("calling.call.state", call_id=address["call_id"], call_state="ended")


def test_a_connect_that_nobody_answers_fails_with_its_reason(client, call, sandbox):
    sandbox.on_dial(A, Callee().is_busy())
    sandbox.on_dial(B, Callee().never_answers())
    _, address = call(Caller().waits_for_hangup())
    connect(client, address, [phone(A)], [phone(B, timeout=1)])
    body = client.event("calling.call.connect", connect_state="failed")
    assert body["failed_reason"] == "noAnswer"
    assert bridge_states(client) == ["connecting", "failed"]


def test_a_call_that_ends_while_connecting_stops_the_ringing(client, call, sandbox):
    sandbox.on_dial(A, Callee().never_answers())
    _, address = call(Caller().waits_for_hangup())
    connect(client, address, [phone(A, timeout=500)], [phone(B)])
    client.result("calling.end", address)
    assert sandbox.runs(A)[0].wait().end_reason == "cancel"
    assert sandbox.runs(B) == []
    assert sandbox.counters.calls_up == 0


def test_a_connect_to_a_call_that_is_not_there_changes_nothing(client, call, sandbox):
    sandbox.on_dial(A, Callee().answers())
    _, address = call(Caller().waits_for_hangup())
    unknown = {"type": "call", "params": {"node_id": "n", "call_id": "c"}}
    assert connect(client, address, [unknown])["code"] == "404"
    assert bridge_states(client) == []
    assert connect(client, address, [phone(A)])["code"] == "200"
    client.event("calling.call.connect", connect_state="connected")


def test_two_calls_that_are_up_can_be_connected(client, call, sandbox):
    first, address = call(Caller("+15550100011").waits(3).says("hi").waits_for_hangup())
    second, other = call(Caller("+15550100012").hears("hi").hangs_up())
    assert connect(client, address, [{"type": "call", "params": other}])["code"] == "200"
    assert second.wait().ok
    client.event("calling.call.connect", connect_state="disconnected")
    client.result("calling.end", address)
    assert first.wait().ok
    unknown = {"type": "call", "params": {"node_id": "n", "call_id": "c"}}
    assert connect(client, address, [unknown])["code"] == "410"
