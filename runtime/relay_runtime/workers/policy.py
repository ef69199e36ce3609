"""How dead workers are started again, and how a limit is shared out."""

from __future__ import annotations

from collections import deque

import msgspec

from relay_actors.kit.backoff import backoff_delay

__all__ = ["Intensity", "Policy", "share"]


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of a fleet, in seconds unless it says otherwise.

    Attributes:
        first_delay: the longest delay before the first restart; it doubles with every death in a row.
        longest_delay: the longest delay at all.
        healthy_after: how long a worker must serve until its deaths are forgotten.
        max_deaths: how many deaths for each worker are too many within ``window``.
        window: see ``max_deaths``.
        kill_after: how long a worker may take to end, beyond its drain timeout, until it is killed.
    """

    first_delay: float = 1.0
    longest_delay: float = 30.0
    healthy_after: float = 10.0
    max_deaths: int = 5
    window: float = 60.0
    kill_after: float = 20.0

    def delay(self, attempt: int, chance: float) -> float:
        """Return how long to wait before restart number ``attempt`` in a row, counted from 0."""
        return backoff_delay(attempt, chance, first=self.first_delay, limit=self.longest_delay)


class Intensity:
    """Counts deaths within a window of time.

    Args:
        limit: how many are allowed.
        window: in so many seconds.
    """

    def __init__(self, limit: int, window: float) -> None:
        self._limit = limit
        self._window = window
        self._deaths: deque[float] = deque()

    @property
    def count(self) -> int:
        """How many deaths the window has, as of the last one."""
        return len(self._deaths)

    def died(self, now: float) -> bool:
        """Note a death at a time in seconds; return whether there are too many now."""
        self._deaths.append(now)
        while self._deaths[0] <= now - self._window:
            self._deaths.popleft()
        return len(self._deaths) > self._limit


def share(limit: int, number: int, workers: int) -> int:
    """Return worker ``number``'s part of a limit, counted from 1; the parts of all together are the limit."""
    whole, rest = divmod(limit, workers)
    return whole + (1 if number <= rest else 0)
