"""Rate-limits log lines that may come with every frame."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from loguru import logger

__all__ = ["Throttle"]

_PAUSE: Final = 10.0


class Throttle:
    """Logs a line at its first time, then every ten seconds at most, with how often it came meanwhile.

    A line is known by its text, before what differs is put into it; each has a pace of its own.

    Args:
        clock: monotonic seconds.
    """

    __slots__ = ("_clock", "_lines")

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lines: dict[str, tuple[float, int]] = {}

    def tell(self, line: str = "") -> int:
        """Count a line once more; return how often it came since it was logged last, or 0 when it is not its time."""
        now = self._clock()
        told, count = self._lines.get(line, (now - _PAUSE, 0))
        if now - told < _PAUSE:
            self._lines[line] = (told, count + 1)
            return 0
        self._lines[line] = (now, 0)
        return count + 1

    def info(self, line: str, *args: object, **bound: object) -> None:
        """Log a line of the life of the process, unless it is not its time. Never blocks.

        Args:
            line: with a place for each of ``args``.
            args: what differs.
            bound: bound to the line, such as ``call_id``.
        """
        self._log("INFO", line, args, bound)

    def warning(self, line: str, *args: object, **bound: object) -> None:
        """As `info`, a warning."""
        self._log("WARNING", line, args, bound)

    def error(self, line: str, *args: object, **bound: object) -> None:
        """As `info`, an error."""
        self._log("ERROR", line, args, bound)

    def _log(self, level: str, line: str, args: tuple[object, ...], bound: dict[str, object]) -> None:
        count = self.tell(line)
        if count:
            more = f"; {count - 1} more since the last word" if count > 1 else ""
            logger.bind(**bound).opt(depth=2).log(level, f"{line}{{}}", *args, more)
