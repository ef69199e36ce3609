"""The time of a campaign: what o'clock it is, and a wait that ends when something has changed."""

from __future__ import annotations

from gevent.event import Event

from relay_actors.kit import clock

__all__ = ["Alarm"]


class Alarm:
    """Wakes one greenlet: at a moment, or when it is rung."""

    def __init__(self) -> None:
        self._rung = Event()

    def now(self) -> float:
        """Return the time in monotonic seconds."""
        return clock.monotonic()

    def ring(self) -> None:
        """End the wait that is under way, or else the next one. Never blocks."""
        self._rung.set()

    def wait(self, seconds: float | None) -> None:
        """Block the current greenlet until somebody rings, ``seconds`` at most; None waits as long as it takes."""
        self._rung.wait(seconds)
        self._rung.clear()
