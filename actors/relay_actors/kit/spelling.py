"""Words that were meant to be others."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["near_miss"]


def near_miss(word: str, known: Iterable[str], edits: int = 2) -> str | None:
    """Return the known word that is nearest to an unknown one, or None when none is near.

    Args:
        word: a word that is not known.
        known: those that are.
        edits: how many letters may have to be put in, taken out or changed.
    """
    near = [(distance, other) for other in known if (distance := _edits(word, other, edits)) <= edits]
    return min(near)[1] if near else None


def _edits(one: str, other: str, limit: int) -> int:
    """Return how many edits make one word the other (Levenshtein); no more than the limit is counted."""
    if abs(len(one) - len(other)) > limit:
        return limit + 1
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, of_other in enumerate(other, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (letter != of_other))
    return row[-1]
