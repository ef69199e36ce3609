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
from relay_runtime.sandbox import Status
from relay_runtime.sandbox.script.performance import Performance
from relay_runtime.softphone.events import AppCrashed, Event, LineOpened, MessageMoved
from relay_runtime.softphone.handset import Handset, HandsetError
from relay_runtime.softphone.line import PhoneLine
from relay_runtime.softphone.telling import told
from relay_runtime.softphone.typed import HELP, Ask, asks, obey

__all__ = ["Piped", "lines_of"]

_RINGS_WITHIN: Final = 30.0  # real seconds that /answer and /decline wait for a call of the app
_PIECE: Final = 4096
_ASKS: Final = frozenset({"sms", "decline"})
"""What the app may answer when the input is over: by a text message, or by a call."""


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

    A line that can't be done ends it: the phone hangs up. After the last line it waits until no call is up, and each
    text that was sent and each call that was declined has an answer: a text or a call of the app, or a crash.

    Args:
        lines: what is to be done.
        write: prints one line; returns False when nobody reads any more.
        complain: prints what is wrong.
        stays: real seconds in which the app has to answer a call on which a line waits; and after the last line, those
            that it has to hang up and to answer.
    """

    prints: Final = True

    def __init__(
        self, lines: Iterator[str], write: Callable[[str], object], complain: Callable[[str], object], stays: float
    ) -> None:
        self._lines = lines
        self._write = write
        self._complain = complain
        self._stays = stays
        self._changed = Signal()
        self._code = ExitCode.OK
        self._unanswered = 0

    def told(self, event: Event) -> None:
        """Print an event."""
        for line in told(event):
            self._write(line)
        if _is_answer(event):
            self._unanswered = max(0, self._unanswered - 1)
        self._changed.set()

    def complain(self, text: str) -> None:
        """Say what can't be done, and end with another exit code."""
        self._code = ExitCode.NEGATIVE
        self._complain(text)

    def use(self, handset: Handset) -> ExitCode:
        """Do what the lines say, and wait for the end of the call and for answers; see `Face.use`."""
        for line in self._lines:
            if self._code is not ExitCode.OK or not self._does(handset, line):
                return self._code
        if not self._until(lambda: not handset.is_in_use and not self._unanswered, self._stays):
            what = "still up" if handset.is_in_use else "no answer"
            self._write(f"{what} {self._stays:g} s after the last line: the phone hangs up")
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
        self._unanswered += ask.what in _ASKS
        failure = None if performance is None else self._failure(performance, handset.line)
        if failure is not None:
            self.complain(f"{line!r}: {failure}")
        return failure is None

    def _failure(self, performance: Performance, line: PhoneLine) -> str | None:
        """Wait until something is done, and return why it was not."""
        if not self._until(lambda: performance.over or line.run.status is not Status.WAITING, self._stays):
            return f"the app has not answered the call within {self._stays:g} s"
        performance.wait()
        return performance.failure

    def _until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait until something holds; return whether it does."""
        limit = clock.monotonic() + seconds
        while not condition() and clock.monotonic() < limit:
            self._changed.clear()
            self._changed.wait(max(0.0, limit - clock.monotonic()))
        gevent.sleep(0)
        return condition()


def _is_answer(event: Event) -> bool:
    """Return whether the app does something by itself, or can't any more."""
    if isinstance(event, MessageMoved):
        return event.state == "queued"
    return (isinstance(event, LineOpened) and event.rings) or (isinstance(event, AppCrashed) and not event.call_id)
