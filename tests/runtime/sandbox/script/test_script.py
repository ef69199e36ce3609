"""Scripts: immutable, checked when they are written, and clear about what did not happen."""

import pytest

from relay_runtime.sandbox import Callee, Caller
from relay_runtime.sandbox.script.script_json import callee_from, caller_from


def tts(text):
    return {"type": "tts", "params": {"text": text}}


def test_every_method_returns_a_new_script():
    base = Caller("+15550100001").dials("office")
    longer = base.hears("Press 1").presses("1")
    assert base.steps == ()
    assert len(longer.steps) == 2
    assert repr(longer) == "<Caller: hear 'Press 1', then press 1>"
    assert repr(base) == "<Caller: stays on the line>"


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (lambda: Caller("").dials("office"), "Caller needs a text"),
        (lambda: Caller().dials(""), "dials needs a text"),
        (lambda: Caller().presses("1-2"), "0-9 \\* # A-D"),
        (lambda: Caller().hears(""), "hears needs a text"),
        (lambda: Callee().says(""), "says needs a text"),
    ],
)
def test_a_mistake_in_a_script_is_found_when_it_is_written(write, words):
    with pytest.raises(ValueError, match=words):
        write()


def test_a_caller_without_a_context_can_not_be_placed(sandbox):
    with pytest.raises(ValueError, match=r"dials\("):
        sandbox.place(Caller())


def test_each_hears_looks_behind_the_one_before(client, call):
    run, address = call(Caller().hears("one").hears("two").hears("ONE", timeout=0.05))
    client.result("calling.play", {**address, "control_id": "p", "play": [tts("one and two")]})
    outcome = run.wait()
    assert outcome.failure == "step 3: waited 0.05 s in vain to hear 'ONE'"
    assert outcome.end_source == "inbound"


def test_what_was_said_before_the_step_began_counts(client, call):
    run, address = call(Caller().waits(30).hears("early bird").hangs_up())
    client.result("calling.play", {**address, "control_id": "p", "play": [tts("the early bird")]})
    client.event("calling.call.play", state="finished")
    assert run.wait().ok


def test_a_paused_prompt_is_heard_only_when_it_goes_on(client, call):
    run, address = call(Caller().hears("the last word").hangs_up())
    control = {**address, "control_id": "p"}
    client.result("calling.play", {**control, "play": [tts("a rather long way to the last word")]})
    client.result("calling.play.pause", control)
    client.result("calling.play", {**address, "control_id": "q", "play": [tts("x" * 100)]})
    client.event("calling.call.play", control_id="q", state="finished")
    assert run.outcome is None
    client.result("calling.play.resume", control)
    assert run.wait().ok


def test_a_script_whose_call_ends_early_says_what_it_missed(client, call, sandbox):
    run, address = call(Caller().hears("Goodbye", timeout=None).presses("1"))
    client.result("calling.end", address)
    assert run.wait().failure == "step 1: the call ended (hangup) before the script could hear 'Goodbye'"
    assert sandbox.counters.failed_scripts == 1


def test_a_script_that_only_waits_for_the_end_is_not_failed_by_it(client, call):
    run, address = call(Caller().waits_for_hangup().hangs_up())
    client.result("calling.end", address)
    assert run.wait().ok


def test_waiting_for_a_hangup_that_does_not_come_fails(client, call):
    run, _ = call(Caller().waits_for_hangup(timeout=0.02))
    assert run.wait().failure == "step 1: waited 0.02 s in vain to see the other side hang up"


def test_a_run_that_is_not_over_says_what_it_waits_for(client, call):
    run, _ = call(Caller().hears("Press 1"))
    with pytest.raises(TimeoutError, match="the script waits to hear 'Press 1'"):
        run.wait(timeout=0.01)


def test_the_transcript_has_who_did_what_and_when(client, call):
    run, _ = call(Caller("+15550100001").presses("12").hangs_up())
    transcript = run.wait().transcript
    assert [(entry.who, entry.what) for entry in transcript] == [
        ("network", "offered"),
        ("client", "answers"),
        ("caller", "presses 1"),
        ("caller", "presses 2"),
        ("caller", "ends the call: hangup"),
    ]
    assert [entry.at for entry in transcript] == sorted(entry.at for entry in transcript)


def test_one_script_serves_many_calls(client, sandbox, call):
    script = Caller().presses("1").hangs_up()
    assert all(call(script)[0].wait().digits == "1" for _ in range(3))


def test_scripts_are_written_in_json():
    caller = caller_from("+15550100001", [{"hears": {"text": "x", "timeout": 1}}, {"presses": "1"}, "hangs_up"])
    assert caller == Caller("+15550100001").hears("x", 1).presses("1").hangs_up()
    assert callee_from([{"rings": 2}, "is_busy"]) == Callee().rings(2).is_busy()
    with pytest.raises(ValueError, match="steps must be a list"):
        callee_from("answers")
    with pytest.raises(ValueError, match="step 1 must be a name"):
        callee_from([{"rings": 1, "answers": {}}])
