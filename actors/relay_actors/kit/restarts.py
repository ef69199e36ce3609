"""Decides when an actor that ended is started again, and when trying is given up: pure rules over the caller's clock.

- *Backoff* spreads the tries of one child: full jitter below a doubling ceiling, which is lower while a try is urgent.
  Its count is reset by a life that was healthy for long enough, and a reset names the count it saw, so that one that
  comes late resets nothing.
- *Intensity* guards the whole supervisor (OTP): more than so many restarts within a period, and it escalates.
"""

from __future__ import annotations

import math
from collections import deque

import msgspec

from relay_actors.kit.backoff import backoff_delay

__all__ = ["Backoff", "Intensity", "RestartWindow", "Restarts"]


class Backoff(msgspec.Struct, frozen=True, kw_only=True):
    """How the tries of one child are spread; all in seconds.

    Attributes:
        first: ceiling of the first delay.
        limit: ceiling of every delay.
        limit_urgent: ceiling of every delay before a try that is urgent, if it is lower than ``limit``.
        healthy_after: a life that lasted this long resets the count.
    """

    first: float = 1.0
    limit: float = 30.0
    limit_urgent: float = math.inf
    healthy_after: float = 10.0


class Intensity(msgspec.Struct, frozen=True):
    """At most ``restarts`` restarts in ``period`` seconds; one more, and the supervisor ends (OTP: ``intensity``)."""

    restarts: int = 5
    period: float = 30.0


class Restarts:
    """The restarts of one child.

    Attributes:
        count: failures since the last healthy life.
        total: failures in all.
    """

    __slots__ = ("_backoff", "_healthy_since", "count", "total")

    def __init__(self, backoff: Backoff | None) -> None:
        self._backoff = backoff
        self._healthy_since: float | None = None
        self.count = 0
        self.total = 0

    def up(self, now: float) -> float | None:
        """Note that the child does its work; return the seconds after which that resets the count, None for never."""
        self._healthy_since = now
        return None if self._backoff is None else self._backoff.healthy_after

    def reset(self, seen: int) -> bool:
        """Reset the count after a healthy life, unless it has changed since it was ``seen``."""
        if seen != self.count:
            return False
        self.count = 0
        return True

    def failed(self, now: float, chance: float, *, urgent: bool = False) -> float:
        """Note that the child ended; return the delay in seconds until it is started again.

        Args:
            now: monotonic seconds.
            chance: a number in [0, 1) from a random source of the caller.
            urgent: whether somebody waits for the child who will not wait for long.
        """
        backoff, since = self._backoff, self._healthy_since
        self._healthy_since = None
        if backoff is not None and since is not None and now - since >= backoff.healthy_after:
            self.count = 0
        attempt = self.count
        self.count += 1
        self.total += 1
        if backoff is None:
            return 0.0
        limit = min(backoff.limit, backoff.limit_urgent) if urgent else backoff.limit
        return backoff_delay(attempt, chance, first=backoff.first, limit=limit)

    def forget(self) -> None:
        """Start to count anew: somebody asked for the child."""
        self.count = 0
        self._healthy_since = None


class RestartWindow:
    """The restarts of all children of a supervisor within the period of its intensity."""

    __slots__ = ("_intensity", "_times")

    def __init__(self, intensity: Intensity | None) -> None:
        self._intensity = intensity
        self._times: deque[float] = deque()

    @property
    def count(self) -> int:
        """How many restarts the period had, as of the last one."""
        return len(self._times)

    def allows(self, now: float) -> bool:
        """Note a restart at ``now`` (monotonic seconds); return False when it is one too many."""
        intensity = self._intensity
        if intensity is None:
            return True
        times = self._times
        times.append(now)
        while times[0] <= now - intensity.period:
            times.popleft()
        return len(times) <= intensity.restarts
