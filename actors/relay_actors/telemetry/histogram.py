"""Counts how long things take, in buckets: small enough for the hot path, and what Prometheus calls a histogram."""

from __future__ import annotations

from bisect import bisect_left
from typing import Final

__all__ = ["CALL_SECONDS", "REPLY_SECONDS", "Histogram", "HistogramsByName"]

REPLY_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Bounds for what a server or the runtime takes to react."""

CALL_SECONDS: Final = (1.0, 5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0)
"""Bounds for how long calls last."""

_OTHER: Final = "other"


class Histogram:
    """Durations in seconds, counted in buckets with fixed upper bounds.

    Attributes:
        bounds: the upper bounds, in ascending order; a value that equals a bound is within it.
        counts: how many values each bucket holds; the last one is of those above every bound.
        total: the sum of all values.
    """

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: tuple[float, ...] = REPLY_SECONDS) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, seconds: float) -> None:
        """Count a duration."""
        self.counts[bisect_left(self.bounds, seconds)] += 1
        self.total += seconds

    def __add__(self, other: Histogram) -> Histogram:
        """Return the values of both.

        Raises:
            ValueError: their bounds differ.
        """
        if self.bounds != other.bounds:
            raise ValueError(f"the bounds differ: {self.bounds} and {other.bounds}")
        both = Histogram(self.bounds)
        both.counts = [mine + yours for mine, yours in zip(self.counts, other.counts, strict=True)]
        both.total = self.total + other.total
        return both

    @property
    def count(self) -> int:
        """How many values there are."""
        return sum(self.counts)

    def cumulative(self) -> list[tuple[float, int]]:
        """Return each bound with the number of values within it, the last one infinite."""
        pairs, within = [], 0
        for bound, count in zip((*self.bounds, float("inf")), self.counts, strict=True):
            within += count
            pairs.append((bound, within))
        return pairs


class HistogramsByName(dict[str, Histogram]):
    """A histogram for each name, made at its first value; beyond ``limit`` names all others share ``other``."""

    def __init__(self, limit: int = 128) -> None:
        super().__init__()
        self._limit = limit

    def __missing__(self, name: str) -> Histogram:
        if len(self) >= self._limit:
            return self.setdefault(_OTHER, Histogram())
        self[name] = made = Histogram()
        return made
