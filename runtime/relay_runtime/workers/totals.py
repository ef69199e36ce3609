"""Sums of what workers counted that have ended."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from relay_runtime.metrics import MetricSamples, merged

__all__ = ["COUNTED", "Lost"]

COUNTED: Final = ("counter", "histogram")
"""Kinds of metrics that only grow: what a worker had of them is still true when it has ended."""


class Lost:
    """What workers had counted when they ended.

    Attributes:
        metrics: their metrics added up, without gauges.
    """

    def __init__(self) -> None:
        self.metrics: list[MetricSamples] = []

    def add(self, metrics: Iterable[MetricSamples]) -> None:
        """Add what one worker had counted."""
        self.metrics = merged([self.metrics, [each for each in metrics if each.kind in COUNTED]])

    def hear(self, metrics: list[Any]) -> None:
        """Add what a worker said at its end, as JSON brought it."""
        self.add(msgspec.convert(metrics, list[MetricSamples]))

    def summary(self) -> str:
        """Return what became of the calls in one line."""
        return (
            f"calls offered: {self._count('relay_calls_offered')}, admitted: {self._count('relay_calls_admitted')}, "
            f"refused: {self._reasons('relay_calls_refused')}; ended: {self._reasons('relay_calls_ended')}"
        )

    def _values(self, family: str) -> list[tuple[dict[str, str], int]]:
        found = [each for each in self.metrics if each.name == family]
        return [(labels, int(value)) for each in found for _, labels, value in each.values]

    def _count(self, family: str) -> int:
        return sum(value for _, value in self._values(family))

    def _reasons(self, family: str) -> str:
        counts = sorted((next(iter(labels.values())), value) for labels, value in self._values(family) if value)
        return ", ".join(f"{reason} {value}" for reason, value in counts) or "none"
