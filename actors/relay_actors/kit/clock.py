"""What time it is, for both packages: the machine's time, unless a test owns it.

Whoever looks at the time asks these functions when he needs it. What watches the machine itself, such as the guard of
the hub, asks for the real time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["is_run_by_a_test", "monotonic", "real_monotonic", "real_wall", "run_by", "wall"]

real_monotonic = time.monotonic
"""Seconds of the machine, from a beginning that nobody knows; never set back."""

real_wall = time.time
"""Seconds since the epoch by the machine's clock."""

_monotonic: Callable[[], float] = real_monotonic
_wall: Callable[[], float] = real_wall


def monotonic() -> float:
    """Return seconds that only differ from each other: they are never set back. Never blocks; for every thread."""
    return _monotonic()


def wall() -> float:
    """Return seconds since the epoch, as people and other machines know the time. Never blocks; for every thread."""
    return _wall()


def is_run_by_a_test() -> bool:
    """Return whether the time is another than the machine's."""
    return _monotonic is not real_monotonic


@contextmanager
def run_by(monotonic: Callable[[], float], wall: Callable[[], float]) -> Iterator[None]:
    """Have both functions of this process ask others, in all its threads, until the block is left.

    Args:
        monotonic: what `monotonic` returns meanwhile.
        wall: what `wall` returns meanwhile.
    """
    global _monotonic, _wall
    before = _monotonic, _wall
    _monotonic, _wall = monotonic, wall
    try:
        yield
    finally:
        _monotonic, _wall = before
