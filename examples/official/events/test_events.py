"""Events, as a caller causes them."""

from __future__ import annotations

from pathlib import Path

from official_app import serving

from relay_runtime.sandbox import Caller

APP = Path(__file__).with_name("app.py")


def test_listeners_and_callbacks_hear_what_happens_in_the_background() -> None:
    lengths = {"https://example.com/music.mp3": 600.0}
    with serving(APP, "waiting for calls", audio_lengths=lengths) as (sandbox, app):
        caller = Caller().dials("default").waits(10).presses("5").hears_digits("1234").waits_for_hangup()
        assert sandbox.place(caller).wait(15).ok
        for line in (
            "the call is answered",
            "playing is playing",
            "collected 5 while the music was playing",
            "playing is finished",
            "the music is over",
            "the digits are finished",
            "ended by hangup",
        ):
            app.wait_for_line(line, "stdout")


def test_what_belongs_to_no_call_is_heard_too() -> None:
    with serving(APP, "waiting for calls") as (sandbox, app):
        assert sandbox.sends_task({"job": 1}, "default")
        app.wait_for_line(r"queuing\.relay\.tasks belongs to no call", "stdout")
