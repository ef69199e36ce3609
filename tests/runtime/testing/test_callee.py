"""Somebody whom the app dials."""

from __future__ import annotations

from typing import Any, ClassVar

import gevent
import pytest
from doubles.played import Play, Played

from relay_runtime import CallActor, DialFailed, phone
from relay_runtime.sandbox import Status
from relay_runtime.testing.failure import LineFailure

NUMBER = "+15550100002"


class Reminder(CallActor):
    """Reminds, and takes a key."""

    keys: ClassVar[list[str]] = []

    def run(self) -> None:
        asked = self.prompt_tts("This is a reminder. Press 1 to confirm.", {"digits": {"max": 1}}).wait(60)
        self.keys.append(asked.digits)
        self.hangup()


def dials(played: Played, number: str = NUMBER, actor: Any = Reminder, **options: Any) -> gevent.Greenlet[..., Any]:
    """Have the app dial a number in a greenlet of its own; its value is the call, or why there is none."""

    def dial() -> Any:
        try:
            return played.client.dial([[phone(number, from_number="+15550100099")]], call_actor=actor, **options)
        except DialFailed as failed:
            return failed.reason

    return gevent.spawn(dial)


def test_who_is_dialled_answers_and_takes_steps(play: Play) -> None:
    Reminder.keys = []
    played = play(None)
    callee = played.phones.callee(NUMBER).rings(2).answers()
    dials(played)
    line = callee.hears("This is a reminder").presses("1").is_hung_up_on()
    assert line is callee
    assert Reminder.keys == ["1"]
    assert callee.number == NUMBER
    first = callee.transcript[0]
    assert (first.what, first.at) == ("answers", pytest.approx(2, abs=0.01))


def test_a_number_that_nobody_dials_is_waited_for_and_named(play: Play) -> None:
    played = play(None)
    played.phones.callee("+15550100003")
    dials(played, "+15550100003")
    callee = played.phones.callee(NUMBER)
    with pytest.raises(LineFailure) as failed:
        callee.hears("reminder", within=5)
    assert failed.value.expected == f"the app to dial {NUMBER} within 5 s"
    assert failed.value.instead == "what was dialled is +15550100003"
    assert "in Reminder.run, in calling.play_and_collect" in failed.value.where
    assert played.clock.now() == pytest.approx(5, abs=0.1)
    with pytest.raises(LineFailure, match="nobody has dialled this number yet"):
        _ = callee.heard
    assert repr(callee) == "<LiveCallee waits to be dialled>"


def test_several_dials_to_one_number_are_several_lines(play: Play) -> None:
    played = play(None)
    callee = played.phones.callee(NUMBER)
    dials(played)
    first = callee.is_dialled().hears("This is a reminder")
    dials(played)
    second = callee.is_dialled().hears("This is a reminder")
    assert first.call_id != second.call_id
    second.hangs_up()
    first.presses("1").is_hung_up_on()
    assert callee.call_id == second.call_id


def test_what_a_number_is_like_may_change_from_dial_to_dial(play: Play) -> None:
    played = play(None)
    callee = played.phones.callee(NUMBER).is_busy()
    assert dials(played).get() == "busy"
    callee.answers()
    dials(played)
    busy, answered = callee.is_dialled(), callee.is_dialled().is_answered()
    assert busy.status is Status.UNANSWERED
    assert answered.hears("reminder").hangs_up().outcome is not None
    with pytest.raises(LineFailure, match="the app to dial"):
        callee.is_dialled(within=1)


@pytest.mark.parametrize(
    ("verdict", "reason"),
    [
        ("is_busy", "busy"),
        ("declines", "decline"),
        ("does_not_exist", "notFound"),
        ("fails", "error"),
        ("never_answers", "noAnswer"),
    ],
)
def test_a_number_may_be_of_every_kind(play: Play, verdict: str, reason: str) -> None:
    played = play(None)
    callee = getattr(played.phones.callee(NUMBER), verdict)()
    dialled = dials(played)
    callee.stops_ringing(within=60)
    assert dialled.get() == reason


def test_who_does_not_answer_may_decline(play: Play) -> None:
    played = play(None)
    callee = played.phones.callee(NUMBER).never_answers()
    dialled = dials(played)
    callee.is_dialled().waits(3).hangs_up()
    assert dialled.get() == "decline"


def test_a_machine_is_found(play: Play) -> None:
    found: list[str] = []

    class Detecting(CallActor):
        def run(self) -> None:
            found.append(self.detect_answering_machine().wait(60).event)

    played = play(None)
    callee = played.phones.callee(NUMBER).is_machine(beep_after=3)
    dials(played, actor=Detecting)
    callee.is_hung_up_on()
    assert found == ["MACHINE"]


def test_every_other_number_may_have_somebody(play: Play) -> None:
    played = play(None)
    anybody, known = played.phones.callee("*"), played.phones.callee(NUMBER)
    dials(played, "+15550100005")
    dials(played)
    assert anybody.is_dialled().number == "+15550100005"
    assert known.is_dialled().number == NUMBER


def test_mistakes_are_refused_at_once(play: Play) -> None:
    played = play(None)
    with pytest.raises(ValueError, match="a callee needs a number"):
        played.phones.callee("")
    callee = played.phones.callee(NUMBER)
    with pytest.raises(ValueError, match="rings needs a number of seconds"):
        callee.rings(-1)
    with pytest.raises(ValueError, match="within is -1"):
        callee.is_dialled(within=-1)
    with pytest.raises(ValueError, match="hears needs a text"):
        callee.hears("")
    played.phones.close()
    for late in (callee.is_dialled, callee.answers, lambda: callee.hears("x"), lambda: played.phones.callee(NUMBER)):
        with pytest.raises(RuntimeError, match="the test kit is closed"):
            late()
