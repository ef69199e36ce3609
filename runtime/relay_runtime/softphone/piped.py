"""A phone without a terminal: each line of the input is what the caller does, and the transcript is printed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Final

import gevent
from gevent.event import Event as Signal
from gevent.socket import wait_read

from relay_actors.kit import clock
from relay_runtime.process.process import ExitCode
from relay_runtime.softphone.events import Event, LineEnded, LineOpened
from relay_runtime.softphone.handset import Handset, HandsetError
from relay_runtime.softphone.telling import told
from relay_runtime.softphone.typed import HELP, Ask, asks, obey

__all__ = ["Piped", "lines_of"]

_RINGS_WITHIN: Final = 30.0  # real seconds that /answer and /decline wait for a call of the app
_PIECE: Final = 4096


def lines_of(descriptor: int) -> Iterator[str]:
    """Yield the lines of a file, a pipe or a terminal as they come; blocks the current greenlet."""
    rest = b""
    while True:
        wait_read(descriptor)
        piece = os.read(descriptor, _PIECE)
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield line.decode(errors="replace")
        if not piece:
            if rest:
                yield rest.decode(errors="replace")
            return


class Piped:
    """Does what the lines of an input say, one after another.

    A line that can't be done ends it: the phone hangs up. After the last line it waits until the app hangs up.

    Args:
        lines: what is to be done.
        write: prints one line; returns False when nobody reads any more.
        complain: prints what is wrong.
        stays: real seconds to stay on the line after the last line, before the phone hangs up.
    """

    def __init__(
        self, lines: Iterator[str], write: Callable[[str], object], complain: Callable[[str], object], stays: float
    ) -> None:
        self._lines = lines
        self._write = write
        self._complain = complain
        self._stays = stays
        self._changed = Signal()
        self._code = ExitCode.OK

    def told(self, event: Event) -> None:
        """Print an event."""
        for line in told(event):
            self._write(line)
        if isinstance(event, LineEnded | LineOpened):
            self._changed.set()

    def complain(self, text: str) -> None:
        """Say what can't be done, and end with another exit code."""
        self._code = ExitCode.NEGATIVE
        self._complain(text)

    def use(self, handset: Handset) -> ExitCode:
        """Do what the lines say, and wait for the end of the call; see `Face.use`."""
        for line in self._lines:
            if self._code is not ExitCode.OK or not self._does(handset, line):
                return self._code
        if not self._until(lambda: not handset.is_in_use, self._stays):
            self._write(f"still up {self._stays:g} s after the last line: the phone hangs up")
        return self._code

    def open(self) -> None:
        """Do nothing: what is printed needs no room."""

    def close(self) -> None:
        """Print nothing more; there is nothing to take down."""

    def _does(self, handset: Handset, line: str) -> bool:
        """Do one line; return whether there may be more."""
        try:
            ask = asks(line)
        except HandsetError as error:
            self._complain(f"{line.strip()!r}: {error}")
            self._code = ExitCode.USAGE
            return False
        if ask is None:
            return True
        if ask.what == "help":
            for each in HELP.splitlines():
                self._write(each)
            return True
        return ask.what != "quit" and self._obeys(handset, ask, line.strip())

    def _obeys(self, handset: Handset, ask: Ask, line: str) -> bool:
        if ask.what in {"answer", "decline"}:
            self._until(lambda: handset.rings, _RINGS_WITHIN)
        try:
            performance = obey(handset, ask)
        except HandsetError as error:
            self.complain(f"{line!r}: {error}")
            return False
        if performance is not None:
            performance.wait()
            if performance.failure is not None:
                self.complain(f"{line!r}: {performance.failure}")
                return False
        return True

    def _until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait until something holds; return whether it does."""
        limit = clock.monotonic() + seconds
        while not condition() and clock.monotonic() < limit:
            self._changed.clear()
            self._changed.wait(max(0.0, limit - clock.monotonic()))
        gevent.sleep(0)
        return condition()
