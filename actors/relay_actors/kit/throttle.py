"""Rate-limits a log line."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

__all__ = ["Throttle"]

_PAUSE: Final = 10.0


class Throttle:
    """Counts what happens, and says when it is time to log it: at the first time, then every ten seconds at most.

    Args:
        clock: monotonic seconds.
    """

    __slots__ = ("_clock", "_count", "_told")

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._count = 0
        self._told: float | None = None

    def tell(self) -> int:
        """Count once more; return how often it happened since it was told last, or 0 when it is not to be told now."""
        self._count += 1
        now = self._clock()
        if self._told is not None and now - self._told < _PAUSE:
            return 0
        self._told = now
        count, self._count = self._count, 0
        return count
