"""Sums of what workers counted that have ended."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from relay_runtime.metrics import MetricSamples, merged
from relay_runtime.workers.tally import Tally

__all__ = ["COUNTED", "Lost"]

COUNTED: Final = ("counter", "histogram")
"""Kinds of metrics that only grow: what a worker had of them is still true when it has ended."""


class Lost:
    """What workers had counted when they ended.

    Attributes:
        metrics: their metrics added up, without gauges.
        unheard: how many workers that had served have died without a last word.
    """

    def __init__(self) -> None:
        self.metrics: list[MetricSamples] = []
        self.unheard = 0

    def add(self, metrics: Iterable[MetricSamples]) -> None:
        """Add what one worker had counted."""
        self.metrics = merged([self.metrics, [each for each in metrics if each.kind in COUNTED]])

    def hear(self, metrics: list[Any]) -> None:
        """Add what a worker said at its end, as JSON brought it."""
        self.add(msgspec.convert(metrics, list[MetricSamples]))

    def cut_short(self, seen: list[MetricSamples], tally: Tally, *, served: bool) -> None:
        """Add what is known of a worker that died without a last word: what it was asked for last, and its tally."""
        told = tally.metrics()
        newer = {each.name for each in told}
        self.add([*(each for each in seen if each.name not in newer), *told])
        self.unheard += served

    def summary(self) -> str:
        """Return what became of the calls in one line."""
        unheard = f"; incomplete: workers that died without a last word: {self.unheard}" if self.unheard else ""
        return (
            f"calls offered: {self._count('relay_calls_offered')}, admitted: {self._count('relay_calls_admitted')}, "
            f"refused: {self._reasons('relay_calls_refused')}; ended: {self._reasons('relay_calls_ended')}"
            f"{unheard}"
        )

    def _values(self, family: str) -> list[tuple[dict[str, str], int]]:
        found = [each for each in self.metrics if each.name == family]
        return [(labels, int(value)) for each in found for _, labels, value in each.values]

    def _count(self, family: str) -> int:
        return sum(value for _, value in self._values(family))

    def _reasons(self, family: str) -> str:
        counts = sorted((next(iter(labels.values())), value) for labels, value in self._values(family) if value)
        return ", ".join(f"{reason} {value}" for reason, value in counts) or "none"
