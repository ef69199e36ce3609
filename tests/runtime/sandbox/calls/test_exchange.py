"""The exchange: which session gets what, and who answers a number."""

from __future__ import annotations

import pytest
from doubles.raw_client import DialIn, RawClient, dial, outcome, phone

from relay_runtime.sandbox import Caller, Sandbox, Status


def test_a_passed_call_goes_to_the_next_session_and_then_to_nobody(
    client: RawClient, sandbox: Sandbox, dial_in: DialIn
) -> None:
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


def test_a_call_to_a_context_without_a_listener_is_unrouted(client: RawClient, sandbox: Sandbox) -> None:
    outcome = sandbox.place(Caller().dials("elsewhere")).wait()
    assert (outcome.status, outcome.end_source) == (Status.UNROUTED, "none")
    assert sandbox.counters.unrouted == 1


def test_events_of_a_context_go_to_one_session_in_turn(sandbox: Sandbox, dial_in: DialIn, client: RawClient) -> None:
    other = dial_in(sandbox)
    other.login(sandbox, "office")
    for number in range(4):
        sandbox.sends_message(from_number="+15550100001", to_number="+15550100002", body=f"m{number}", context="office")
    client.result("signalwire.ping")
    other.result("signalwire.ping")
    assert len(client.events("messaging.receive")) == 2
    assert len(other.events("messaging.receive")) == 2


A, B, C = "+15550100002", "+15550100003", "+15550100004"


def test_a_number_without_a_script_answers_after_a_short_ring(client: RawClient, sandbox: Sandbox) -> None:
    dial(client, [phone(A)], timeout=600)
    outcome(client, "answered")


def test_a_call_can_be_given_an_id_that_no_other_call_has_or_had(client: RawClient, sandbox: Sandbox) -> None:
    run = sandbox.place(Caller().dials("office"), call_id="Call_1.a~b:c-d")
    assert (run.call_id, client.offer()["call_id"]) == ("Call_1.a~b:c-d", "Call_1.a~b:c-d")
    gone = sandbox.place(Caller().dials("nobody"), call_id="over")
    assert gone.wait().call_id == "over"
    for taken in ("Call_1.a~b:c-d", "over"):
        with pytest.raises(ValueError, match="there is, or was, another call with the call_id"):
            sandbox.place(Caller().dials("office"), call_id=taken)
    with pytest.raises(ValueError, match="call_id must be 1 to 128 letters"):
        sandbox.place(Caller().dials("office"), call_id="two words")
    assert sandbox.counters.placed == 2


def test_sessions_that_are_over_are_kept_within_a_bound_and_shown_by_their_beginning(
    sandbox: Sandbox, dial_in: DialIn
) -> None:
    for _ in range(25):
        dial_in(sandbox).login(sandbox)
        sandbox.faults.forget()
    live = dial_in(sandbox)
    live.login(sandbox)
    known = sandbox.exchange.known_sessions()
    assert len(known) == 21
    assert known[:-1] == sandbox.ended_sessions()
    assert known[-1].sessionid == live.session["sessionid"]


def test_journals_of_every_connection_are_found(client: RawClient, sandbox: Sandbox, dial_in: DialIn) -> None:
    dial_in(sandbox).request("calling.end", {})
    gone = dial_in(sandbox)
    gone.request("calling.answer", {})
    gone.close()
    client.wait(lambda: len(sandbox.exchange.lobby))
    asked = {entry["method"]: entry["sessionid"] for entry in sandbox.requests()}
    assert asked == {
        "signalwire.connect": client.session["sessionid"],
        "calling.end": None,
        "calling.answer": None,
    }
    sandbox.clear_journals()
    assert sandbox.requests() == []
