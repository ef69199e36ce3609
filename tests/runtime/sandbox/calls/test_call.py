"""Inbound calls: offer, answer, refuse, abandon, limits (protocol 4 and 6)."""

from __future__ import annotations

import pytest
from doubles.one_process import in_one_process
from doubles.raw_client import DialIn, PlaceCall, RawClient

from relay_runtime.sandbox import Caller, Sandbox, Status


def states(client: RawClient, call_id: str) -> list[str]:
    return [body["call_state"] for body in client.events("calling.call.state", call_id=call_id)]


def test_an_offer_has_the_fields_of_the_protocol(client: RawClient, sandbox: Sandbox) -> None:
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


def test_a_call_is_answered_and_hung_up_by_the_client(client: RawClient, sandbox: Sandbox) -> None:
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


def test_the_reply_comes_before_the_events_unless_events_first_is_set(client: RawClient, sandbox: Sandbox) -> None:
    sandbox.place(Caller().dials("office"))
    address = client.offer()
    client.result("calling.answer", address)
    client.event("calling.call.state", call_state="answered")
    assert client.kinds()[-2:] == ["reply", "call.state:answered"]
    sandbox.settings.change(events_first=True)
    client.result("calling.end", address)
    assert client.kinds()[-3:] == ["call.state:ending", "call.state:ended", "reply"]


@pytest.mark.parametrize("armed", [{}, {"duplicate": True}], ids=["", "armed"])
def test_answered_alone_can_come_before_its_reply(client: RawClient, sandbox: Sandbox, armed: dict[str, bool]) -> None:
    sandbox.settings.change(answered_first=True)
    if armed:
        sandbox.arm("calling.answer", **armed)
    sandbox.place(Caller().dials("office"))
    address = client.offer()
    before = len(client.received)
    client.result("calling.answer", address)
    assert client.kinds()[before : before + 2] == ["call.state:answered", "reply"]
    client.result("calling.end", address)
    client.event("calling.call.state", call_state="ended")
    assert client.kinds()[-3:] == ["reply", "call.state:ending", "call.state:ended"]


@pytest.mark.parametrize("reason", ["decline", "busy"])
def test_a_call_that_is_ended_before_an_answer_is_refused(client: RawClient, sandbox: Sandbox, reason: str) -> None:
    run = sandbox.place(Caller().dials("office").hears("never"))
    client.result("calling.end", {**client.offer(), "reason": reason})
    outcome = run.wait()
    assert (outcome.status, outcome.end_reason, outcome.ok) == (Status.REFUSED, reason, True)


def test_a_caller_who_is_not_answered_gives_up(client: RawClient, sandbox: Sandbox) -> None:
    impatient = sandbox.place(Caller().dials("office", patience=0.02))
    assert (impatient.wait().status, impatient.wait().end_reason) == (Status.ABANDONED, "abandoned")
    cancels = sandbox.place(Caller().dials("office").abandons(after=1, reason="cancel"))
    assert cancels.wait().end_reason == "cancel"
    ended = client.event("calling.call.state", end_reason="cancel")
    assert ended["end_source"] == "inbound"


def test_max_duration_ends_a_call(client: RawClient, sandbox: Sandbox) -> None:
    run = sandbox.place(Caller().dials("office").waits_for_hangup())
    client.result("calling.answer", {**client.offer(), "max_duration": 2})
    assert (run.wait().end_reason, run.wait().end_source) == ("maxDuration", "none")


def test_open_actions_end_before_the_call(client: RawClient, sandbox: Sandbox) -> None:
    run = sandbox.place(Caller().dials("office").waits(5).hangs_up())
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


def test_a_recording_can_finish_after_the_call(client: RawClient, sandbox: Sandbox) -> None:
    sandbox.settings.change(late_recordings=True)
    sandbox.place(Caller().dials("office").waits_for_hangup())
    address = client.answered()
    client.result("calling.record", {**address, "control_id": "r", "record": {"audio": {}}})
    client.result("calling.end", address)
    client.event("calling.call.record", state="finished")
    assert client.kinds()[-2:] == ["call.state:ended", "call.record:finished"]
    assert sandbox.counters.actions_open == 0


def test_a_thousand_calls_are_held_at_once(dial_in: DialIn) -> None:
    with in_one_process() as sandbox:
        client = dial_in(sandbox)
        client.login(sandbox, "office")
        runs = [sandbox.place(Caller().dials("office").waits_for_hangup()) for _ in range(1000)]
        client.wait(lambda: len(client.events("calling.call.receive")) == 1000, "1000 offers", 20)
        for offer in client.events("calling.call.receive"):
            client.begin("calling.answer", {"node_id": offer["node_id"], "call_id": offer["call_id"]})
        client.wait(lambda: sandbox.counters.answered == 1000, "1000 answers", 20)
        assert sandbox.counters.calls_up == 1000
        for run in runs:
            assert run.call is not None
            run.call.end("hangup", "inbound")
        assert sandbox.counters.calls_up == 0
        assert all(run.wait().ok for run in runs)


def test_any_event_about_a_call_can_be_pushed(client: RawClient, call: PlaceCall, sandbox: Sandbox) -> None:
    _, address = call(Caller())
    sandbox.emit(address["call_id"], "calling.error", error="SWAIG function failed", fatal=False)
    sandbox.emit(address["call_id"], "calling.ai.warning", error="long prompt", tokens=78000)
    sandbox.emit(address["call_id"], "calling.ai.transparent_barge", combined_text="two pizzas")
    assert client.event("calling.error")["fatal"] is False
    client.event("calling.ai.transparent_barge")
    with pytest.raises(LookupError, match="no call that is up"):
        sandbox.emit("nobody", "calling.error")
