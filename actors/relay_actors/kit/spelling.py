"""Words that were meant to be others."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["near_miss"]


def near_miss(word: str, known: Iterable[str], edits: int = 2) -> str | None:
    """Return the known word that is nearest to an unknown one, or None when none is near.

    Args:
        word: a word that is not known.
        known: those that are.
        edits: how many letters may have to be put in, taken out, changed, or swapped with the next.
    """
    near = [(distance, other) for other in known if (distance := _edits(word, other, edits)) <= edits]
    return min(near)[1] if near else None


def _edits(one: str, other: str, limit: int) -> int:
    """Return how many edits make one word the other (Damerau-Levenshtein); no more than the limit is counted."""
    if abs(len(one) - len(other)) > limit:
        return limit + 1
    above: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        above, before, row = row, above, [i]
        for j, of_other in enumerate(other, 1):
            row.append(min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (letter != of_other)))
            if i > 1 and j > 1 and letter == other[j - 2] and of_other == one[i - 2]:
                row[j] = min(row[j], before[j - 2] + 1)
    return row[-1]
