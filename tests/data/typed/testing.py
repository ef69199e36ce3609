"""A test of an app, with types."""

from __future__ import annotations

from typing import assert_type

from relay_runtime import CallActor
from relay_runtime.sandbox import SentMessage
from relay_runtime.testing import Line, RelayKit, virtual_time


class Menu(CallActor):
    """Answers."""

    def run(self) -> None:
        self.answer()


def test_a_call() -> None:
    with RelayKit(Menu, seed=7, max_active_calls=5) as kit:
        line = kit.caller("+15550100001").is_machine(None).dials("office").is_answered().presses("1")
        assert_type(line, Line)
        assert_type(line.hears("Hello", within=30).hangs_up().heard, tuple[str, ...])
        assert_type(line.app_crashes(LookupError), BaseException)
        assert_type(kit.callee("+15550100002").rings(5).answers().is_dialled(), Line)
        assert_type(kit.messages.is_sent("Thank", to_number="+15550100001"), SentMessage)
        assert_type(kit.clock.now(), float)


def test_the_time() -> None:
    with virtual_time(limit=60.0) as clock:
        clock.sleep(5)
