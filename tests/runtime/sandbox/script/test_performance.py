"""Steps that somebody has the far end of a call take while the call goes on."""

from __future__ import annotations

from doubles.hub import LIMIT
from doubles.raw_client import PlaceCall, RawClient, tts

from relay_runtime.sandbox import Callee, Caller, Sandbox
from relay_runtime.sandbox.script.steps import Says


def test_a_caller_without_steps_takes_them_one_by_one(client: RawClient, call: PlaceCall) -> None:
    run, address = call(Caller())
    client.do(address, "calling.play", control_id="p", play=[tts("Press one")])
    assert run.perform(Caller().hears("press one")).wait(LIMIT)
    pressed = run.perform(Caller().presses("12"))
    assert pressed.wait(LIMIT)
    assert pressed.done
    assert run.perform(Caller().hangs_up()).wait(LIMIT)
    outcome = run.wait(LIMIT)
    assert outcome.ok
    assert outcome.digits == "12"
    assert outcome.end_source == "inbound"


def test_what_is_performed_by_hand_comes_behind_the_script(client: RawClient, call: PlaceCall) -> None:
    run, _ = call(Caller().waits(5).presses("1"))
    assert run.perform(Caller().presses("2")).wait(LIMIT)
    assert [entry.what for entry in run.transcript][-2:] == ["presses 1", "presses 2"]


def test_each_hears_looks_behind_the_one_before_also_by_hand(client: RawClient, call: PlaceCall) -> None:
    run, address = call(Caller().hears("one"))
    client.do(address, "calling.play", control_id="p", play=[tts("one, one and two")])
    assert run.perform(Caller().hears("one"), Caller().hears("two")).wait(LIMIT)
    again = run.perform(Caller().hears("one", timeout=0.02))
    assert again.wait(LIMIT)
    assert again.failure == "waited 0.02 s in vain to hear 'one'"


def test_a_step_that_does_not_happen_ends_its_performance_and_not_the_call(client: RawClient, call: PlaceCall) -> None:
    run, address = call(Caller())
    in_vain = run.perform(Caller().hears("Goodbye", timeout=0.02).presses("1"))
    behind = run.perform(Caller().presses("2"))
    assert in_vain.wait(LIMIT)
    assert behind.wait(LIMIT)
    assert not in_vain.done
    assert behind.done
    client.do(address, "calling.end")
    outcome = run.wait(LIMIT)
    assert (outcome.ok, outcome.digits, outcome.end_source) == (True, "2", "outbound")


def test_what_is_withdrawn_lets_the_next_begin(client: RawClient, call: PlaceCall) -> None:
    run, _ = call(Caller())
    forever, behind = run.perform(Caller().hears("Goodbye", timeout=None)), run.perform(Caller().presses("3"))
    assert not behind.wait(0)
    forever.withdraw()
    assert forever.failure == "it was withdrawn"
    assert behind.wait(LIMIT)
    forever.withdraw()  # of no effect
    behind.withdraw()
    assert behind.done


def test_what_waits_behind_another_can_be_withdrawn(client: RawClient, call: PlaceCall) -> None:
    run, _ = call(Caller().hears("Goodbye", timeout=None))
    first = run.perform(Caller().hears("Goodbye", timeout=None))
    first.withdraw()
    assert first.over
    assert run.outcome is None
    assert "the script waits to hear 'Goodbye'" in _what_it_waits_for(run)


def _what_it_waits_for(run: object) -> str:
    try:
        run.wait(0)  # type: ignore[attr-defined]
    except TimeoutError as error:
        return str(error)
    return ""


def test_who_leaves_off_speaking_can_speak_again(client: RawClient, call: PlaceCall) -> None:
    run, _ = call(Caller())
    speech = run.perform(Says("for so long that nobody hears its end " * 500))
    assert run.call is not None
    assert run.call.line.speaking
    speech.withdraw()
    assert not run.call.line.speaking
    assert run.perform(Says("short")).wait(LIMIT)
    assert run.transcript[-1].what == "says 'short'"


def test_steps_begin_when_the_call_is_answered(client: RawClient, sandbox: Sandbox) -> None:
    run = sandbox.place(Caller().dials("office"))
    pressed = run.perform(Caller().presses("1"))
    assert not pressed.wait(0.02)
    client.answered()
    assert pressed.wait(LIMIT)
    assert pressed.done


def test_the_end_of_the_call_ends_what_is_under_way(client: RawClient, call: PlaceCall) -> None:
    run, address = call(Caller())
    first, second = run.perform(Caller().hears("Goodbye", timeout=None)), run.perform(Caller().presses("1"))
    stays = run.perform(Caller().waits_for_hangup())
    client.do(address, "calling.end")
    assert first.wait(LIMIT)
    assert first.failure == "the call is over (hangup), and the caller could not hear 'Goodbye'"
    assert second.failure == "the call is over (hangup), and the caller could not press 1"
    assert stays.done
    assert run.wait(LIMIT).ok  # the script had nothing to do


def test_what_was_heard_before_the_end_can_be_looked_for_behind_it(client: RawClient, call: PlaceCall) -> None:
    run, address = call(Caller())
    performer = run.performer
    assert performer is not None
    client.do(address, "calling.play", control_id="p", play=[tts("Thank you. Goodbye")])
    client.event("calling.call.play", state="finished")
    client.do(address, "calling.play", control_id="q", play=[tts("never said to its end " * 100)])
    client.do(address, "calling.end")
    run.wait(LIMIT)
    assert performer.perform(Caller().hears("thank you").hears("goodbye").steps).done
    assert performer.perform(Caller().hears("thank you").steps).failure
    assert performer.perform(Caller().hears("to its end never").steps).failure
    assert performer.perform(Caller().presses("1").steps).failure
    assert performer.perform(Caller().waits_for_hangup().steps).done


def test_a_call_that_is_over_says_so_at_once(client: RawClient, call: PlaceCall) -> None:
    run, address = call(Caller())
    client.do(address, "calling.end", reason="busy")
    run.wait(LIMIT)
    late = run.perform(Caller().presses("1"))
    assert late.over
    assert late.failure == "the call is over (busy)"
    run.hang_up()  # of no effect
    assert repr(late) == "<Performance of 1 steps: the call is over (busy)>"


def test_who_puts_the_phone_down_before_the_answer_has_given_up(client: RawClient, sandbox: Sandbox) -> None:
    run = sandbox.place(Caller().abandons(5000, "cancel").dials("office"))
    client.offer()
    run.hang_up()
    assert run.wait(LIMIT).status == "abandoned"
    assert run.wait().end_reason == "cancel"


def test_who_puts_the_phone_down_while_it_rings_declines(client: RawClient, sandbox: Sandbox) -> None:
    sandbox.on_dial("+15550100002", Callee().never_answers())
    device = {"type": "phone", "params": {"from_number": "+15550100099", "to_number": "+15550100002", "timeout": 600}}
    client.result("calling.dial", {"tag": "T", "devices": [[device]]})
    (run,) = sandbox.runs("+15550100002")
    run.hang_up()
    assert (run.wait(LIMIT).status, run.wait().end_reason) == ("unanswered", "decline")


def test_who_puts_the_phone_down_in_the_middle_of_a_script_has_not_failed(client: RawClient, call: PlaceCall) -> None:
    run, _ = call(Caller().hears("Goodbye", timeout=None))
    run.hang_up()
    assert run.wait(LIMIT).ok
    assert run.wait().end_source == "inbound"
