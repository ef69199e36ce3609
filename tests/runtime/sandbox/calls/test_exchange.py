"""The exchange: which session gets what, and who answers a number."""

from __future__ import annotations

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
