"""Looks at seconds that somebody gave, before anything waits for them."""

from __future__ import annotations

import math

__all__ = ["checked_seconds"]


def checked_seconds(name: str, seconds: float) -> float:
    """Return seconds that somebody gave.

    Args:
        name: of the argument.
        seconds: what was given.

    Raises:
        ValueError: it is no number of seconds.
    """
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < math.inf:
        raise ValueError(f"{name} is {seconds!r}; accepted is a number of seconds from 0")
    return seconds
