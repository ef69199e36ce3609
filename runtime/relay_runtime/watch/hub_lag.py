"""How late the event loop is: the time that everything in the process waits while somebody does not let go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Self

from relay_actors.kit import clock
from relay_actors.kit.timer import Timer
from relay_actors.telemetry.histogram import Histogram

__all__ = ["HubLag"]

_INTERVAL: Final = 0.1
_WINDOW: Final = 5.0


class HubLag:
    """Measures the lag of the hub of the thread that starts it, ten times a second.

    Args:
        clock: monotonic seconds.

    Attributes:
        seen: every lag that was measured, in seconds.
        newest: the newest one.
    """

    def __init__(self, clock: Callable[[], float] = clock.monotonic) -> None:
        self.seen = Histogram()
        self.newest = 0.0
        self._clock = clock
        self._worst = (0.0, 0.0)  # of the window before, and of this one
        self._window_ends = 0.0
        self._due: float | None = None
        self._timer = Timer()

    def start(self) -> Self:
        """Begin to measure. Never blocks; runs in the hub."""
        now = self._clock()
        self._due, self._window_ends, self._worst = now + _INTERVAL, now + _WINDOW, (0.0, 0.0)
        self._timer.call_after(_INTERVAL, self.look, repeat=True, ref=False)
        return self

    def stop(self) -> None:
        """Measure no more."""
        self._timer.cancel()
        self._due, self._worst = None, (0.0, 0.0)

    def look(self) -> None:
        """Note how late it is; the timer calls this."""
        now = self._clock()
        assert self._due is not None
        self.newest = max(0.0, now - self._due)
        self.seen.add(self.newest)
        self._due = now + _INTERVAL
        before, worst = self._worst
        if now >= self._window_ends:
            before, worst, self._window_ends = worst, 0.0, now + _WINDOW
        self._worst = (before, max(worst, self.newest))

    def recent(self) -> float:
        """Return the worst lag of the last five seconds at least, or how late the next look is already, in seconds."""
        overdue = 0.0 if self._due is None else self._clock() - self._due
        return max(*self._worst, overdue)
