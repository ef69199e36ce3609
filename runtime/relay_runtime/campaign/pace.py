"""Says when the next dial may begin: so many in any second, evenly spaced."""

from __future__ import annotations

import math
from collections import deque
from typing import Final

__all__ = ["Pace", "checked_cps"]

_MARGIN: Final = 0.02
"""Seconds that a window is longer than it has to be: between the beginning of a dial and its frame on the wire lie some
milliseconds, not always as many, and the server counts frames."""


def checked_cps(cps: float) -> float:
    """Return a number of dials in a second if it is one.

    Raises:
        ValueError: it is not above 0, or neither whole nor below 1.
    """
    number = isinstance(cps, int | float) and not isinstance(cps, bool) and 0 < cps < math.inf
    if not number or (cps > 1 and cps != int(cps)):
        raise ValueError(
            f"cps is {cps!r}; accepted is how many dials may begin in a second: a whole number from 1, or less than 1, "
            "such as 0.5 for one in two seconds"
        )
    return cps


class Pace:
    """Lets no more than ``cps`` dials begin in any window of one second; below 1, one in ``1 / cps`` seconds.

    Dials are spaced evenly. One that begins late lets the next follow sooner, within that limit; time in which none
    was begun is not made up for. It has no clock: every moment is told, in monotonic seconds.

    Args:
        cps: dials in a second; see `checked_cps`.
    """

    def __init__(self, cps: float) -> None:
        count = max(1, int(cps))
        self._window = count / cps + _MARGIN
        self._spacing = self._window / count
        self._begun: deque[float] = deque(maxlen=count)  # as many as one window may hold
        self._next = -math.inf

    def delay(self, now: float) -> float:
        """Return the seconds until the next dial may begin; 0.0 is at once."""
        full = len(self._begun) == self._begun.maxlen
        return max(0.0, self._next - now, self._begun[0] + self._window - now if full else 0.0)

    def note(self, now: float) -> None:
        """Note that a dial begins."""
        self._begun.append(now)
        due = self._next if now - self._next <= self._spacing else now  # idle time is not made up for
        self._next = due + self._spacing
