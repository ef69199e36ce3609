"""Inbound calls: offer, answer, refuse, pass, abandon, limits (protocol 4 and 6)."""

import pytest

from relay_runtime.sandbox import Caller, Sandbox, Status


def states(client, call_id):
    return [body["call_state"] for body in client.events("calling.call.state", call_id=call_id)]


def test_an_offer_has_the_fields_of_the_protocol(client, sandbox):
    sandbox.place(Caller("+15550100001").dials("office", to_number="+15550100077"))
    offer = client.event("calling.call.receive")
    assert offer["call_state"] == "created"
    assert offer["direction"] == "inbound"
    assert offer["context"] == "office"
    assert offer["device"]["params"] == {"from_number": "+15550100001", "to_number": "+15550100077"}
    envelope = next(
        m["params"] for m in client.received if m.get("params", {}).get("event_type") == "calling.call.receive"
    )
    assert envelope["context"] == "office"
    assert envelope["event_channel"] == "calling"
    assert envelope["project_id"] == sandbox.project


def test_a_call_is_answered_and_hung_up_by_the_client(client, sandbox):
    run = sandbox.place(Caller().dials("office").waits_for_hangup())
    address = client.answered()
    assert client.result("calling.end", {**address, "reason": "busy"})["message"] == "Ending call"
    ended = client.event("calling.call.state", call_state="ended")
    assert (ended["end_reason"], ended["end_source"]) == ("busy", "outbound")
    assert states(client, address["call_id"]) == ["answered", "ending", "ended"]
    assert ended["answer_time"] >= ended["start_time"] > 1_600_000_000_000
    outcome = run.wait()
    assert outcome.answered
    assert outcome.ok


def test_the_reply_comes_before_the_events_unless_events_first_is_set(client, sandbox):
    sandbox.place(Caller().dials("office"))
    address = client.offer()
    client.result("calling.answer", address)
    client.event("calling.call.state", call_state="answered")
    assert client.kinds()[-2:] == ["reply", "call.state:answered"]
    sandbox.settings.change(events_first=True)
    client.result("calling.end", address)
    assert client.kinds()[-3:] == ["call.state:ending", "call.state:ended", "reply"]


@pytest.mark.parametrize("reason", ["decline", "busy"])
def test_a_call_that_is_ended_before_an_answer_is_refused(client, sandbox, reason):
    run = sandbox.place(Caller().dials("office").hears("never"))
    client.result("calling.end", {**client.offer(), "reason": reason})
    outcome = run.wait()
    assert (outcome.status, outcome.end_reason, outcome.ok) == (Status.REFUSED, reason, True)


def test_a_passed_call_goes_to_the_next_session_and_then_to_nobody(client, sandbox, dial_in):
    other = dial_in(sandbox)
    other.login(sandbox, "office")
    run = sandbox.place(Caller().dials("office"))
    sandbox_order = [client, other]
    first = client.wait(lambda: next((c for c in sandbox_order if c.events("calling.call.receive")), None))
    second = other if first is client else client
    assert first.result("calling.pass", first.offer())["code"] == "200"
    assert second.offer() == first.offer()
    assert first.result("calling.answer", first.offer())["code"] == "404"
    assert second.result("calling.pass", second.offer())["code"] == "200"
    assert run.wait().status is Status.PASSED
    assert first.events("calling.call.state") == []


def test_a_call_to_a_context_without_a_listener_is_unrouted(client, sandbox):
    outcome = sandbox.place(Caller().dials("elsewhere")).wait()
    assert (outcome.status, outcome.end_source) == (Status.UNROUTED, "none")
    assert sandbox.counters.unrouted == 1


def test_a_caller_who_is_not_answered_gives_up(client, sandbox):
    impatient = sandbox.place(Caller().dials("office", patience=0.02))
    assert (impatient.wait().status, impatient.wait().end_reason) == (Status.ABANDONED, "abandoned")
    cancels = sandbox.place(Caller().dials("office").abandons(after=1, reason="cancel"))
    assert cancels.wait().end_reason == "cancel"
    ended = client.event("calling.call.state", end_reason="cancel")
    assert ended["end_source"] == "inbound"


def test_max_duration_ends_a_call(client, sandbox):
    run = sandbox.place(Caller().dials("office").waits_for_hangup())
    client.result("calling.answer", {**client.offer(), "max_duration": 2})
    assert (run.wait().end_reason, run.wait().end_source) == ("maxDuration", "none")


def test_open_actions_end_before_the_call(client, sandbox):
    run = sandbox.place(Caller().dials("office").waits(1).hangs_up())
    address = client.answered()
    silence = [{"type": "silence", "params": {"duration": 500}}]
    client.result("calling.play", {**address, "control_id": "p", "play": silence})
    client.result("calling.record", {**address, "control_id": "r", "record": {"audio": {}}})
    client.event("calling.call.state", call_state="ended")
    assert client.kinds()[-4:] == [
        "call.play:finished",
        "call.record:finished",
        "call.state:ending",
        "call.state:ended",
    ]
    assert run.wait().end_source == "inbound"
    assert sandbox.counters.actions_open == 0


def test_a_recording_can_finish_after_the_call(client, sandbox):
    sandbox.settings.change(late_recordings=True)
    sandbox.place(Caller().dials("office").waits_for_hangup())
    address = client.answered()
    client.result("calling.record", {**address, "control_id": "r", "record": {"audio": {}}})
    client.result("calling.end", address)
    client.event("calling.call.record", state="finished")
    assert client.kinds()[-2:] == ["call.state:ended", "call.record:finished"]
    assert sandbox.counters.actions_open == 0


def test_unknown_calls_are_404_and_ended_ones_410(client, sandbox):
    sandbox.place(Caller().dials("office"))
    address = client.answered()
    unknown = {**address, "call_id": "nobody"}
    assert client.result("calling.answer", unknown)["code"] == "404"
    assert client.result("calling.end", {**address, "node_id": "elsewhere"})["code"] == "404"
    client.result("calling.end", address)
    assert client.result("calling.play", {**address, "control_id": "p", "play": []})["code"] == "410"


def test_missing_and_bad_params_are_400_and_say_where(client, sandbox):
    sandbox.place(Caller().dials("office"))
    address = client.answered()
    for method, params, where in [
        ("calling.answer", {}, "node_id"),
        ("calling.play", {**address, "play": [silence(1)]}, "control_id"),
        ("calling.play", {**address, "control_id": "p", "play": []}, "$.play"),
        ("calling.play", {**address, "control_id": "p", "play": [{"type": "nois", "params": {}}]}, "nois"),
        ("calling.play", {**address, "control_id": "p", "play": [silence(1)], "volume": 50}, "volume"),
        ("calling.end", {**address, "reason": "tired"}, "tired"),
        ("calling.collect", {**address, "control_id": "c"}, "digits"),
        ("calling.dial", {"tag": "t", "devices": []}, "devices"),
        ("calling.dial", {"tag": "t", "devices": [[{"type": "phone", "params": {"to_number": "12"}}]]}, "to_number"),
    ]:
        result = client.result(method, params)
        assert result["code"] == "400", (method, result)
        assert where in result["message"], (method, result)


def test_media_before_the_answer_is_409(client, sandbox):
    sandbox.place(Caller().dials("office"))
    assert client.result("calling.play", {**client.offer(), "control_id": "p", "play": [silence(1)]})["code"] == "409"


def test_a_call_of_another_session_is_404(client, sandbox, dial_in):
    sandbox.place(Caller().dials("office"))
    address = client.offer()
    stranger = dial_in(sandbox)
    stranger.login(sandbox)
    assert stranger.result("calling.answer", address)["code"] == "404"


def test_a_transferred_call_leaves_the_client(client, sandbox, dial_in):
    other = dial_in(sandbox)
    other.login(sandbox, "sales")
    run = sandbox.place(Caller().dials("office").waits_for_hangup())
    address = client.answered()
    assert client.result("calling.transfer", {**address, "dest": "somewhere"})["code"] == "400"
    assert client.result("calling.transfer", {**address, "dest": "context:sales"})["code"] == "200"
    assert other.event("calling.call.receive")["call_state"] == "answered"
    other.result("calling.end", address)
    assert run.wait().status is Status.TRANSFERRED
    assert client.result("calling.end", address)["code"] in {"404", "410"}


def silence(seconds):
    return {"type": "silence", "params": {"duration": seconds}}


def test_a_thousand_calls_are_held_at_once(dial_in):
    with Sandbox(time_scale=0.01) as sandbox:
        client = dial_in(sandbox)
        client.login(sandbox, "office")
        runs = [sandbox.place(Caller().dials("office").waits_for_hangup()) for _ in range(1000)]
        client.wait(lambda: len(client.events("calling.call.receive")) == 1000, "1000 offers", 20)
        for offer in client.events("calling.call.receive"):
            client.begin("calling.answer", {"node_id": offer["node_id"], "call_id": offer["call_id"]})
        client.wait(lambda: sandbox.counters.answered == 1000, "1000 answers", 20)
        assert sandbox.counters.calls_up == 1000
        for run in runs:
            run.call.end("hangup", "inbound")
        assert sandbox.counters.calls_up == 0
        assert all(run.wait().ok for run in runs)
