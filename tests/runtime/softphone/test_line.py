"""A line of the phone: what is done on it, and what is told of it."""

from __future__ import annotations

from typing import Any

import gevent
import pytest
from doubles.desk import PhoneCall
from doubles.hub import until

from relay_runtime.sandbox import Status
from relay_runtime.softphone.events import SoundChanged

PROMPT = "Press one for sales, or two for support."


def menu(call: Any) -> None:
    call.answer()
    digits = call.prompt_tts(PROMPT, {"digits": {"max": 2}, "initial_timeout": 60}).wait(60).digits
    call.play_tts(f"You pressed {digits}").wait(60)


def sounds(phone: PhoneCall) -> list[tuple[int, str, str, str]]:
    return [(e.sound, e.text, e.change, e.words) for e in phone.events if isinstance(e, SoundChanged)]


def test_keys_are_pressed_once_the_call_is_answered_and_end_the_prompt(phone: PhoneCall) -> None:
    phone.serve(menu)
    line = phone.handset.dial()
    waits, pressed = line.wait(1), line.press("12")
    until(lambda: 1 in line.sounds)
    assert line.sounds[1].running
    assert waits.wait(60)
    assert pressed.wait(60)
    until(lambda: 2 in line.sounds)
    assert 1 not in line.sounds
    assert pressed.failure is None
    until(lambda: not line.is_up)
    assert [(sound, text, change) for sound, text, change, _ in sounds(phone)] == [
        (1, PROMPT, "begins"),
        (1, PROMPT, "stops"),
        (2, "You pressed 12", "begins"),
        (2, "You pressed 12", "ends"),
    ]
    assert sounds(phone)[1][3] == PROMPT[:15]  # a second, at 15 characters a second
    assert line.sounds == {}
    assert phone.text == [
        "phone dials office",
        "app answers",
        f"app {PROMPT!r}",
        "phone presses 1",
        f"app is cut off after {PROMPT[:15]!r}",
        "phone presses 2",
        "app 'You pressed 12'",
        "app hangs up",
    ]


def test_what_is_heard_has_its_length_in_real_seconds(phone: PhoneCall) -> None:
    phone.serve(menu)
    phone.sandbox.settings.time_scale = 0.5
    phone.handset.dial()
    until(lambda: sounds(phone) != [])
    sound = next(event for event in phone.events if isinstance(event, SoundChanged))
    assert sound.seconds == pytest.approx(len(PROMPT) / 15 * 0.5)


def test_words_are_said_and_waited_for(phone: PhoneCall) -> None:
    def listens(call: Any) -> None:
        call.answer()
        heard = call.prompt_tts("Your name?", {"speech": {"end_silence_timeout": 1}}).wait(60)
        call.play_tts(f"Hello {heard.text}").wait(60)

    phone.serve(listens)
    line = phone.handset.dial()
    steps = [line.hear("name", 30), line.say("Ada"), line.hear("hello", 30)]
    assert [step.wait(60) and step.failure for step in steps] == [None, None, None]
    assert "phone says 'Ada'" in phone.text


def test_what_is_not_heard_in_its_time_is_told_and_the_call_goes_on(phone: PhoneCall) -> None:
    phone.serve(menu)
    line = phone.handset.dial()
    vain = line.hear("goodbye", 5)
    assert vain.wait(60)
    assert "in vain to hear 'goodbye'" in str(vain.failure)
    assert line.is_up


def test_bad_keys_and_empty_words_are_refused_at_once(phone: PhoneCall) -> None:
    phone.serve(menu)
    line = phone.handset.dial()
    for wrong in (lambda: line.press("12x"), lambda: line.say(""), lambda: line.hear("", 1), lambda: line.wait(-1)):
        with pytest.raises(ValueError):
            wrong()


def test_a_prompt_that_is_paused_goes_on_and_silence_is_not_told(phone: PhoneCall) -> None:
    def pauses(call: Any) -> None:
        call.answer()
        call.play_silence(1).wait(60)
        played = call.play_tts("ten chars.")
        gevent.sleep(0.2)
        played.pause()
        gevent.sleep(1)
        played.resume()
        played.wait(60)
        call.play_audio("https://example.com/a.mp3")
        gevent.sleep(1)
        call.hangup()

    phone.serve(pauses)
    line = phone.handset.dial()
    until(lambda: not line.is_up)
    assert [(text, change) for _, text, change, _ in sounds(phone)] == [
        ("ten chars.", "begins"),
        ("ten chars.", "pauses"),
        ("ten chars.", "resumes"),
        ("ten chars.", "ends"),
        ("https://example.com/a.mp3", "begins"),
        ("https://example.com/a.mp3", "stops"),
    ]


def test_only_a_call_of_the_app_can_be_taken(phone: PhoneCall) -> None:
    phone.serve(menu)
    line = phone.handset.dial()
    assert not line.answer()
    assert not line.rings
    assert not line.is_incoming
    until(lambda: line.run.status is Status.ANSWERED)


def test_the_sounds_of_a_phone_are_numbered_over_all_its_calls(phone: PhoneCall) -> None:
    phone.serve(lambda call: (call.answer(), call.play_tts("Goodbye.").wait(60)))  # type: ignore[func-returns-value]
    for _ in range(2):
        line = phone.handset.dial()
        until(lambda line=line: not line.is_up)  # type: ignore[misc]
        assert line.number == 1
    assert [(sound, change) for sound, _, change, _ in sounds(phone)] == [
        (1, "begins"),
        (1, "ends"),
        (2, "begins"),
        (2, "ends"),
    ]
