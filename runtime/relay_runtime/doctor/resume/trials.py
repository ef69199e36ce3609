"""What the trials of the examination share: sessions of its own, a clock, and a word while it lasts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

import gevent
import msgspec

from relay_actors.errors import LOCAL, RelayError
from relay_actors.kit import clock
from relay_actors.kit.ids import new_id
from relay_actors.session.state import Session
from relay_runtime.doctor.resume.tasks import send_task
from relay_runtime.doctor.resume.visit import Visit
from relay_runtime.doctor.server import Way
from relay_runtime.settings.client import Settings

__all__ = ["MOMENT", "Clock", "RealClock", "Trials"]

MOMENT: Final = 2.0
"""Seconds in which what the server has to say is awaited, when it need not say anything."""


class Clock(Protocol):
    """The time, and the passing of it."""

    def now(self) -> float:
        """Return seconds since some time."""

    def sleep(self, seconds: float) -> None:
        """Let so many seconds pass. Blocks the current greenlet."""


class RealClock:
    """The monotonic clock of this machine."""

    def now(self) -> float:
        """Return its seconds."""
        return clock.monotonic()

    def sleep(self, seconds: float) -> None:
        """Let so many seconds pass. Blocks the current greenlet."""
        gevent.sleep(seconds)


class Trials(msgspec.Struct, frozen=True):
    """Sessions of the examination's own.

    Attributes:
        settings: where to log in, and with what.
        timeout: seconds for each step on the network.
        tell: takes a word while a trial lasts.
        clock: what the trials wait by.
    """

    settings: Settings
    timeout: float
    tell: Callable[[str], object]
    clock: Clock

    def begin(self, *contexts: str) -> Visit:
        """Begin a session, with what resumes it at hand. Blocks the current greenlet; errors are those of `Visit`.

        Raises:
            RelayError: the server refuses it.
        """
        visit = self.resume(Session(contexts=contexts))
        if visit.outcome.refused:
            raise RelayError(LOCAL, f"a new session was refused: {visit.outcome.refused}")
        visit.wait_for_state(self.timeout)
        return visit

    def resume(self, session: Session) -> Visit:
        """Log in with what resumes a session. Blocks the current greenlet; errors are those of `Visit`."""
        return Visit(self.settings, session, self.timeout)

    def heard(self, visit: Visit, *contexts: str) -> set[str]:
        """Return those of some contexts to which a visitor has subscribed: tasks to them come to it.

        Blocks the current greenlet for a moment.

        Raises:
            TaskRefused: tasks can't be sent.
        """
        mark = new_id()  # what comes late from an earlier trial is not of this one
        way = Way(self.settings.endpoint, self.settings.ca_file, self.timeout, self.settings.proxy)
        for context in contexts:
            send_task(way, self.settings.credentials.asked(self.timeout), context, mark)
        self.clock.sleep(MOMENT)
        return {context for context in contexts if visit.has_heard(context, mark)}
