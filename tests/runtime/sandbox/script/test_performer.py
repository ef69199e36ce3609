"""Performing a script: what is heard, and what did not happen."""

from __future__ import annotations

import pytest
from doubles.hub import LIMIT
from doubles.raw_client import PlaceCall, RawClient, tts

from relay_runtime.sandbox import Caller, Sandbox


def test_each_hears_looks_behind_the_one_before(client: RawClient, call: PlaceCall) -> None:
    run, address = call(Caller().hears("one").hears("two").hears("ONE", timeout=0.05))
    client.result("calling.play", {**address, "control_id": "p", "play": [tts("one and two")]})
    outcome = run.wait()
    assert outcome.failure == "step 3: waited 0.05 s in vain to hear 'ONE'"
    assert outcome.end_source == "inbound"


def test_what_was_said_before_the_step_began_counts(client: RawClient, call: PlaceCall) -> None:
    run, address = call(Caller().waits(30).hears("early bird").hangs_up())
    client.result("calling.play", {**address, "control_id": "p", "play": [tts("the early bird")]})
    client.event("calling.call.play", state="finished")
    assert run.wait(LIMIT).ok


@pytest.mark.parametrize("began", [0.1, 1 / 3, 7.7])
def test_keys_and_pauses_come_at_their_time_whatever_rounding_leaves_of_it(call: PlaceCall, began: float) -> None:
    run, _ = call(Caller().waits(began).presses("123456").waits(0.7).hangs_up())
    outcome = run.wait(LIMIT)
    assert outcome.digits == "123456"
    assert outcome.seconds == pytest.approx(began + 5 * 0.1 + 0.7)


def test_a_paused_prompt_is_heard_only_when_it_goes_on(client: RawClient, call: PlaceCall, sandbox: Sandbox) -> None:
    run, address = call(Caller().hears("the last word", timeout=None).hangs_up())
    control = {**address, "control_id": "p"}
    clock = sandbox.exchange.ground.clock
    usual, clock.time_scale = clock.time_scale, 100.0  # the prompt does not end before it is paused
    client.result("calling.play", {**control, "play": [tts("a rather long way to the last word")]})
    client.result("calling.play.pause", control)
    clock.time_scale = usual
    client.result("calling.play", {**address, "control_id": "q", "play": [tts("x" * 100)]})
    client.event("calling.call.play", control_id="q", state="finished")
    assert run.outcome is None
    client.result("calling.play.resume", control)
    assert run.wait().ok


def test_a_script_whose_call_ends_early_says_what_it_missed(
    client: RawClient, call: PlaceCall, sandbox: Sandbox
) -> None:
    run, address = call(Caller().hears("Goodbye", timeout=None).presses("1"))
    client.result("calling.end", address)
    assert run.wait().failure == "step 1: the call ended (hangup) before the script could hear 'Goodbye'"
    assert sandbox.counters.failed_scripts == 1


def test_a_script_that_only_waits_for_the_end_is_not_failed_by_it(client: RawClient, call: PlaceCall) -> None:
    run, address = call(Caller().waits_for_hangup().hangs_up())
    client.result("calling.end", address)
    assert run.wait().ok


def test_waiting_for_a_hangup_that_does_not_come_fails(client: RawClient, call: PlaceCall) -> None:
    run, _ = call(Caller().waits_for_hangup(timeout=0.02))
    assert run.wait().failure == "step 1: waited 0.02 s in vain to see the other side hang up"
