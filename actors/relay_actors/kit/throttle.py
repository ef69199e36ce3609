"""Says when it is time to tell of what happens often."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from relay_actors.kit import clock

__all__ = ["Throttle"]

_PAUSE: Final = 10.0


class Throttle:
    """Counts what happens, and says when it is time to log it: at the first time, then every ten seconds at most.

    Args:
        clock: monotonic seconds.
    """

    __slots__ = ("_clock", "_lines")

    def __init__(self, clock: Callable[[], float] = clock.monotonic) -> None:
        self._clock = clock
        self._lines: dict[str, tuple[float, int]] = {}

    def tell(self, line: str = "") -> int:
        """Count a line once more; return how often it came since it was told last, or 0 when it is not its time.

        Each line has a pace of its own.
        """
        now = self._clock()
        told, count = self._lines.get(line, (now - _PAUSE, 0))
        if now - told < _PAUSE:
            self._lines[line] = (told, count + 1)
            return 0
        self._lines[line] = (now, 0)
        return count + 1
