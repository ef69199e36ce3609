"""Computes the delay before a retry: exponential backoff with full jitter, as pure functions."""

from __future__ import annotations

__all__ = ["backoff_ceiling", "backoff_delay"]


def backoff_ceiling(attempt: int, *, first: float = 1.0, limit: float = 30.0) -> float:
    """Return the longest delay in seconds before retry number ``attempt`` (counted from 0).

    Args:
        attempt: how many tries have failed since the last healthy life, minus one; any integer from 0.
        first: ceiling of attempt 0, in seconds.
        limit: ceiling that no attempt exceeds, in seconds.

    Raises:
        ValueError: if ``attempt`` is negative, or ``first`` or ``limit`` is not positive.
    """
    if attempt < 0:
        raise ValueError(f"attempt is {attempt}; it counts from 0")
    if first <= 0 or limit <= 0:
        raise ValueError(f"first and limit are seconds above 0, not {first} and {limit}")
    # 2.0 ** 1024 overflows; long before that the limit is reached.
    return min(limit, first * 2.0 ** min(attempt, 64))


def backoff_delay(attempt: int, chance: float, *, first: float = 1.0, limit: float = 30.0) -> float:
    """Return the delay in seconds before retry number ``attempt``: full jitter below a doubling ceiling.

    Args:
        attempt: retry number, counted from 0.
        chance: a number in [0, 1) from a random source of the caller.
        first: ceiling of attempt 0, in seconds.
        limit: ceiling that no attempt exceeds, in seconds.
    """
    return chance * backoff_ceiling(attempt, first=first, limit=limit)
