"""Sums of what several workers counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["summary", "total"]


def total(counted: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the sum of what several clients counted (`relay_actors.stats.Stats`): counts, and counts by reason."""
    sums: dict[str, Any] = {}
    for stats in counted:
        for name, value in stats.items():
            if isinstance(value, Mapping):
                sums[name] = dict(Counter(sums.get(name, {})) + Counter(value))
            elif isinstance(value, int | float):
                sums[name] = sums.get(name, 0) + value
    return sums


def summary(stats: Mapping[str, Any]) -> str:
    """Return the sums of calls in one line."""

    def by_reason(name: str) -> str:
        counts = stats.get(name) or {}
        return ", ".join(f"{reason} {count}" for reason, count in sorted(counts.items())) or "none"

    return (
        f"calls offered: {stats.get('calls_offered', 0)}, admitted: {stats.get('calls_admitted', 0)}, "
        f"refused: {by_reason('calls_refused')}; ended: {by_reason('calls_ended')}"
    )
