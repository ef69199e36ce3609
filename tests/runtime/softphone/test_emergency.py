"""Ctrl-C while code of the app lets nobody else run."""

from __future__ import annotations

import os
import pty
import termios
import time
from collections.abc import Iterator

import pytest
from doubles.hub import LIMIT, until

from relay_runtime.softphone import emergency
from relay_runtime.softphone.emergency import EmergencyExit

pytestmark = pytest.mark.slow  # a thread looks at the machine's time


class Seat:
    """A terminal, and what became of what was typed while nobody else ran."""

    def __init__(self) -> None:
        self.typed, self.theirs = pty.openpty()
        self.before = termios.tcgetattr(self.theirs)
        self.sent: list[bytes] = []
        self.ended: list[str] = []

    def block(self) -> EmergencyExit:
        return EmergencyExit(self.theirs, self.sent.append, lambda: self.ended.append("ended"))

    @property
    def is_watched(self) -> bool:
        return bool(termios.tcgetattr(self.theirs)[6][termios.VINTR] != self.before[6][termios.VINTR])

    def blocks_until_watched(self) -> None:
        """Let nobody else run, until Ctrl-C is a key among others."""
        limit = time.monotonic() + LIMIT
        while not self.is_watched:
            assert time.monotonic() < limit
            time.sleep(0.001)


@pytest.fixture
def seat(monkeypatch: pytest.MonkeyPatch) -> Iterator[Seat]:
    monkeypatch.setattr(emergency, "_LATE", 0.05)
    made = Seat()
    yield made
    os.close(made.typed)
    os.close(made.theirs)


def test_ctrl_c_ends_it_while_the_hub_is_blocked(seat: Seat) -> None:
    with seat.block():
        seat.blocks_until_watched()
        os.write(seat.typed, b"\x03\n")
        limit = time.monotonic() + LIMIT
        while not seat.ended:
            assert time.monotonic() < limit
            time.sleep(0.001)
    assert termios.tcgetattr(seat.theirs) == seat.before


def test_what_else_is_typed_meanwhile_is_handed_on_and_ctrl_c_is_a_signal_again(seat: Seat) -> None:
    with seat.block():
        seat.blocks_until_watched()
        os.write(seat.typed, b"12\n")
        time.sleep(0.2)
        until(lambda: b"".join(seat.sent) == b"12\n")
        until(lambda: not seat.is_watched)
        assert seat.ended == []


def test_a_hub_that_runs_is_left_alone(seat: Seat) -> None:
    with seat.block() as emergency_exit:
        until(lambda: not emergency_exit._runs)
        until(lambda: emergency_exit._runs)
        assert not seat.is_watched
