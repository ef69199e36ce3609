"""The voicemail box, with a caller who ends the message and one who just hangs up."""

from __future__ import annotations

from pathlib import Path

from official_app import serving

from relay_runtime.sandbox import Caller

APP = Path(__file__).with_name("app.py")
CALLER = Caller().dials("default").hears("when you are done").waits(3)


def test_a_message_is_recorded_until_the_caller_presses_pound() -> None:
    with serving(APP, "waiting for calls") as (sandbox, app):
        speaks = CALLER.says("please call me back").presses("#")
        assert sandbox.place(speaks.hears("Goodbye").waits_for_hangup()).wait(15).ok
        app.wait_for_line(r"recording finished: http\S+\.wav \(\d", "stdout")


def test_the_message_of_a_caller_who_hangs_up_is_kept_too() -> None:
    with serving(APP, "waiting for calls", late_recordings=True) as (sandbox, app):
        hangs_up = CALLER.says("please call me back").hangs_up()
        assert sandbox.place(hangs_up).wait(15).ok
        app.wait_for_line(r"recording finished: http\S+\.wav", "stdout")
