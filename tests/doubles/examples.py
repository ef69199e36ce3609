"""How many examples of Hypothesis a test plays: its own number, or a share of it where the profile has fewer."""

from __future__ import annotations

from typing import Final

from hypothesis import settings

__all__ = ["examples"]

_USUAL: Final = 100  # Hypothesis's own default
_FEWEST: Final = 5


def examples(number: int) -> int:
    """Return ``number``, in proportion to the examples that the loaded profile has."""
    return max(_FEWEST, number * settings().max_examples // _USUAL)
