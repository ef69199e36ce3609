"""A line that a test holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gevent
import pytest
from doubles.played import Play, Waiting

from relay_runtime import CallActor, RelayClient, Say
from relay_runtime.sandbox import Sandbox, Status
from relay_runtime.testing.failure import LineFailure
from relay_runtime.testing.line import Line
from relay_runtime.testing.phones import Phones

LIMIT = 60.0


class Menu(CallActor):
    """Asks three times, and says goodbye."""

    def run(self) -> None:
        self.answer()
        for _ in range(3):
            asked = self.prompt_tts("Press 1 for sales.", {"digits": {"max": 1}, "initial_timeout": 30}).wait(600)
            if asked.digits:
                self.play_tts(f"You have pressed {asked.digits}.").wait(60)
                break
            self.play_tts("We did not hear you.").wait(60)
        self.play_tts("Goodbye").wait(60)


class Late(CallActor):
    """Answers after five seconds."""

    def run(self) -> None:
        self.sleep(5)
        self.answer()
        self.play_tts("Here we are").wait(60)
        self.wait_for_ended()


class Hearing(CallActor):
    """Tells what it hears, by voice or by key."""

    def run(self) -> None:
        self.answer()
        while True:
            got = self.collect(digits={"max": 2}, speech={}).wait(600)
            self.play_tts(f"heard {got.digits or got.text}").wait(60)


class Broken(CallActor):
    """Crashes, and apologises."""

    when_crashed = Say("Sorry about that.")

    def run(self) -> None:
        self.answer()
        raise LookupError("nobody")


class Refusing(CallActor):
    def run(self) -> None:
        self.hangup("decline")


class Passing(CallActor):
    def run(self) -> None:
        self.pass_()


def calls(play: Play, app: Any, *contexts: str) -> Line:
    return play(app, *contexts).phones.caller("+15550100001").dials("office")


def fails(step: Callable[[], object], words: str) -> LineFailure:
    with pytest.raises(LineFailure, match=words) as failed:
        step()
    return failed.value


def test_who_says_nothing_is_asked_three_times(play: Play) -> None:
    played = play(Menu)
    line = played.phones.caller("+15550100001").dials("office")
    for _ in range(3):
        line.hears("did not hear you", within=60)
    assert line.hears("Goodbye").is_hung_up_on() is line
    assert 90 < played.clock.now() < 120
    outcome = line.outcome
    assert outcome is not None
    assert outcome.end_source == "outbound"
    assert line.heard.count("We did not hear you.") == 3


@pytest.mark.slow
def test_the_same_lines_serve_over_sockets() -> None:
    with Sandbox(time_scale=0.01, control_port=None) as sandbox:
        client = RelayClient(sandbox.project, sandbox.token, host=sandbox.url, contexts=["office"], call_actor=Menu)
        phones = Phones(sandbox)
        phones.serve(client)
        with client:
            line = phones.caller("+15550100001").dials("office")
            line.hears("Press 1", LIMIT).presses("1").hears("pressed 1", LIMIT)
            line.hears("Goodbye", LIMIT).is_hung_up_on(LIMIT)
            stays = phones.caller("+15550100003").dials("office").hears("Press 1", LIMIT)
            shown = fails(lambda: stays.hears("never said", within=0.05), "the line is still up")
            assert f"{__file__}:" in shown.where
            assert shown.where.endswith("in Menu.run, in calling.play_and_collect")
            phones.close()


def test_each_hears_looks_behind_the_one_before(play: Play) -> None:
    line = calls(play, Menu).hears("Press").presses("4").hears("You have").hears("pressed 4")
    fails(lambda: line.hears("You have"), "expected the caller to hear 'You have' within 10 s; but the app hung up")


def test_what_was_heard_counts_when_the_call_is_over(play: Play) -> None:
    line = calls(play, Menu).hears("Press").presses("4").is_hung_up_on()
    assert line.hears("You have").hears("Goodbye") is line


def test_a_failure_shows_the_call_and_where_the_code_stands_and_hangs_nothing_up(play: Play) -> None:
    line = calls(play, Menu).hears("Press 1")
    failed = fails(lambda: line.hears("Press 2", within=5), "expected the caller to hear 'Press 2' within 5 s")
    assert failed.instead == "the line is still up"
    assert failed.where.startswith(f"the app's code stands at {__file__}:")
    assert failed.where.endswith(" in Menu.run, in calling.play_and_collect")
    assert "    0.0 s  caller   hears 'Press 1 for sales.'" in str(failed)
    assert line.outcome is None
    assert line.presses("1").hears("pressed 1")


def test_no_frame_of_the_kit_is_shown(play: Play, pytester_lines: Callable[[BaseException], list[str]]) -> None:
    line = calls(play, Waiting)
    for step in (
        lambda: line.hears("x", 1),
        lambda: line.hears_digits("1", 1),
        lambda: line.hears_busy(1),
        lambda: line.does_not_hear("x", -1),
        lambda: line.is_refused(1),
        lambda: line.is_passed_on(1),
        lambda: line.is_unrouted(1),
        lambda: line.stops_ringing(1),
        lambda: line.is_hung_up_on(1),
        lambda: line.waits_for_hangup(1),
        lambda: line.app_crashes(within=1),
        lambda: line.hangs_up_while_hearing("x", 1),
        lambda: line.texts("x", "+15550100099", "nowhere"),
        lambda: line.hangs_up().presses("1"),
        lambda: line.says("x"),
        lambda: line.waits(1),
        lambda: line.is_answered(-1),
    ):
        with pytest.raises((LineFailure, ValueError)) as failed:
            step()
        if isinstance(failed.value, LineFailure):
            assert pytester_lines(failed.value) == [__file__, __file__]


@pytest.fixture
def pytester_lines() -> Callable[[BaseException], list[str]]:
    """Return the files whose frames pytest would show of a failure."""

    def shown(error: BaseException) -> list[str]:
        info = pytest.ExceptionInfo.from_exception(error)
        return [str(entry.path) for entry in info.traceback.filter(info)]

    return shown


def test_keys_and_words_reach_the_app(play: Play) -> None:
    line = calls(play, Hearing).is_answered().waits(1)
    line.presses("12").hears("heard 12").waits(2).says("sales please").hears("heard sales please")
    assert line.status is Status.ANSWERED
    assert [entry.what for entry in line.transcript if entry.who == "caller"][:3] == [
        "presses 1",
        "presses 2",
        "hears 'heard 12'",
    ]


def test_who_acts_before_the_answer_waits_for_it(play: Play) -> None:
    played = play(Late)
    line = played.phones.caller().dials("office").presses("1")
    assert played.clock.now() == pytest.approx(5, abs=0.5)
    line.hears("Here we are")
    impatient = played.phones.caller("+15550100003").dials("office")
    fails(lambda: impatient.says("hello", within=2), "to say 'hello'; but the call is not answered yet")


def test_who_waits_lets_time_pass_answered_or_not(play: Play) -> None:
    played = play(Late)
    line = played.phones.caller().dials("office").waits(3)
    assert (played.clock.now(), line.status) == (pytest.approx(3, abs=0.1), Status.WAITING)
    assert line.waits(3).status is Status.ANSWERED
    ends = played.phones.caller().dials("office")
    gevent.spawn_later(1, ends.hangs_up)
    fails(lambda: ends.waits(2), "expected the caller to wait 2 s; but the caller gave up before an answer after 1.0 s")


def test_what_is_not_heard_for_a_time_is_no_failure(play: Play) -> None:
    played = play(Menu)
    line = played.phones.caller().dials("office").hears("Press 1")
    before = played.clock.now()
    assert line.does_not_hear("did not hear", during=20) is line
    assert played.clock.now() - before == pytest.approx(20, abs=0.01)
    fails(
        lambda: line.does_not_hear("did not hear", during=20), "not to hear 'did not hear' for 20 s; but it was heard"
    )
    line.is_hung_up_on(within=120)
    assert line.does_not_hear("anything more", during=600)
    assert played.clock.now() < 200


def test_digits_of_the_app_are_heard(play: Play) -> None:
    def sends(call: Any) -> None:
        call.answer()
        call.send_digits("42#")
        call.wait_for_ended()

    line = calls(play, sends).hears_digits("42#")
    fails(lambda: line.hears_digits("42#", 1), "to hear the digits 42# within 1 s")


def test_who_hangs_up_in_mid_prompt_has_hung_up(play: Play) -> None:
    line = calls(play, Menu).hangs_up_while_hearing("Press")
    assert line.outcome is not None
    assert (line.outcome.end_source, line.heard) == ("inbound", ("Press",))
    assert line.hangs_up() is line  # once more is no harm
    fails(lambda: line.presses("1"), "expected the caller to press 1; but the caller hung up after 0.3 s")
    fails(line.is_hung_up_on, "to be hung up on within 30 s; but the caller hung up")


def test_texts_reach_the_app_or_the_test_is_told(play: Play) -> None:
    played = play(Waiting)
    got: list[str] = []
    played.client.on_message(lambda message: got.append(message.body))
    line = played.phones.caller().dials("office").texts("on my way", "+15550100099", "office")
    gevent.sleep(1)
    assert got == ["on my way"]
    fails(lambda: line.texts("x", "+15550100099", "desk"), "the contexts that there are: office")


@pytest.mark.parametrize(
    ("app", "becomes", "other"),
    [
        (Waiting, "is_answered", "is_refused"),
        (Refusing, "is_refused", "is_answered"),
        (Passing, "is_passed_on", "is_hung_up_on"),
        (Menu, "waits_for_hangup", "is_transferred"),
    ],
)
def test_what_becomes_of_a_call_can_be_waited_for(play: Play, app: Any, becomes: str, other: str) -> None:
    line = calls(play, app)
    assert getattr(line, becomes)(within=200) is line
    fails(getattr(line, other), "expected the caller to be ")


def test_nobody_waits_for_a_call_that_is_over(play: Play) -> None:
    played = play(Refusing)
    line = played.phones.caller().dials("office").is_refused()
    before = played.clock.now()
    for step in (line.is_answered, lambda: line.hears("x"), lambda: line.presses("1"), lambda: line.hears_digits("1")):
        fails(step, "the app refused the call")
    assert line.does_not_hear("x", during=600)
    assert played.clock.now() == before


def test_a_refusal_may_be_asked_to_have_a_reason(play: Play) -> None:
    line = calls(play, Refusing).is_refused(reason="decline")
    expected = (
        "to be refused within 10 s with the reason busy; but the app refused the call after 0.0 s with the reason"
    )
    fails(line.hears_busy, f"{expected} decline")


def test_a_busy_tone_is_heard(play: Play) -> None:
    calls(play, lambda call: call.hangup("busy")).hears_busy()


def test_a_context_without_anybody_is_unrouted(play: Play) -> None:
    line = calls(play, Menu, "sales").is_unrouted()
    assert line.status is Status.UNROUTED
    fails(lambda: line.hears("Press 1"), "nobody has subscribed to the context 'office'")


def test_a_crash_of_the_app_is_shown_first(play: Play) -> None:
    line = calls(play, Broken).hears("Sorry about that")
    expected = r"to be hung up on within 30 s with another reason than error; but the app hung up after \d\.\d s with"
    failed = fails(line.is_hung_up_on, f"{expected} the reason error")
    assert str(failed).splitlines()[0] == "the app's code crashed in this call:"
    assert "LookupError: nobody" in failed.crash
    assert failed.where == ""


def test_a_crash_can_be_expected(play: Play) -> None:
    played = play(Broken)
    line = played.phones.caller().dials("office")
    error = line.app_crashes(LookupError)
    assert str(error) == "nobody"
    line.hears("Sorry about that").is_hung_up_on().is_hung_up_on(reason="error")
    assert played.phones.crashes.unexpected() == []
    fails(lambda: line.app_crashes(within=5), "to see the app's code raise Exception within 5 s")


def test_a_hangup_may_be_asked_to_have_a_reason(play: Play) -> None:
    line = calls(play, Broken).is_hung_up_on(reason="error")
    expected = r"to be hung up on within 30 s with the reason hangup; but the app hung up after \d\.\d s with"
    fails(lambda: line.is_hung_up_on(reason="hangup"), f"{expected} the reason error")
    fails(lambda: line.is_refused(reason="busy"), r"refused within 10 s with the reason busy; but the app .* \(error\)")


def test_steps_on_a_call_that_is_over_say_how_it_ended(play: Play) -> None:
    line = calls(play, Menu).is_hung_up_on(within=200)
    for step in (lambda: line.presses("1"), lambda: line.says("hello"), lambda: line.waits(1)):
        fails(step, r"but the app hung up after \d+\.\d s \(hangup\)")


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (lambda line: line.hears(""), "hears needs a text"),
        (lambda line: line.does_not_hear("", 1), "hears needs a text"),
        (lambda line: line.says(""), "says needs a text"),
        (lambda line: line.presses("1-2"), "0-9"),
        (lambda line: line.presses("1", gap=-1), "gap needs a number of seconds"),
        (lambda line: line.waits(-1), "waits needs a number of seconds"),
        (lambda line: line.hears("x", within=-1), "within is -1"),
        (lambda line: line.hears("x", within=None), "within is None"),
        (lambda line: line.does_not_hear("x", during=float("nan")), "during is nan"),
        (lambda line: line.is_answered(within=True), "within is True"),
        (lambda line: line.is_hung_up_on(within=float("inf")), "within is inf"),
    ],
)
def test_a_mistake_is_refused_at_once(play: Play, mistake: Callable[[Line], object], words: str) -> None:
    line = calls(play, Waiting)
    with pytest.raises(ValueError, match=words):
        mistake(line)


def test_a_line_ends_with_its_test(play: Play) -> None:
    played = play(Waiting)
    line = played.phones.caller().dials("office").is_answered()
    played.phones.close()
    with pytest.raises(RuntimeError, match="the test kit is closed"):
        line.hears("x")
    assert line.outcome is not None
    assert line.outcome.end_source == "inbound"
    assert line.transcript[-1].what == "ends the call: hangup"


def test_a_line_knows_its_call(play: Play) -> None:
    played = play(Waiting)
    line = played.phones.caller("+15550100007").dials("office").is_answered()
    assert line.number == "+15550100007"
    assert [status.call_id for status in played.client.live_calls()] == [line.call_id]
    assert repr(line) == f"<Line {line.call_id} answered>"
    assert line.heard == ()
    assert line.outcome is None


def test_two_lines_of_one_test_go_on_side_by_side(play: Play) -> None:
    played = play(Hearing)
    one, other = (
        played.phones.caller(number).dials("office").is_answered() for number in ("+15550100001", "+15550100002")
    )
    one.presses("11")
    other.presses("22").hears("heard 22")
    one.hears("heard 11")


def test_who_is_interrupted_in_a_wait_can_go_on(play: Play) -> None:
    line = calls(play, Menu)
    with pytest.raises(gevent.Timeout), gevent.Timeout(2):
        line.hears("never said", within=60)
    line.presses("1").hears("pressed 1")
