"""Hands out a limited number of slots, and says between two marks that they are nearly all taken."""

from __future__ import annotations

import math
from collections.abc import Callable

__all__ = ["Slots"]


class Slots:
    """Slots, each taken by a name.

    Args:
        limit: how many there are.
        high: from so many taken ones on they are scarce.
        low: until there are so few again.

    Attributes:
        limit: see above.
        scarce: whether the high mark was reached, and the low one not since.
        on_crossing: called when that has changed; must not block.
    """

    def __init__(self, limit: int, high: float = math.inf, low: float = math.inf) -> None:
        self.limit = limit
        self._high = high
        self._low = low
        self._holders: set[str] = set()
        self.scarce = False
        self.on_crossing: Callable[[], object] | None = None

    @property
    def taken(self) -> int:
        """How many are taken."""
        return len(self._holders)

    def take(self, holder: str, *, beyond: bool = False) -> bool:
        """Take a slot; return False when all are taken, unless one ``beyond`` the limit will do."""
        if len(self._holders) >= self.limit and not beyond:
            return False
        self._holders.add(holder)
        if len(self._holders) >= self._high and not self.scarce:
            self._cross(scarce=True)
        return True

    def release(self, holder: str) -> bool:
        """Give a slot back; return False when its holder has none, so that a slot is given back once."""
        if holder not in self._holders:
            return False
        self._holders.remove(holder)
        if self.scarce and len(self._holders) <= self._low:
            self._cross(scarce=False)
        return True

    def _cross(self, *, scarce: bool) -> None:
        self.scarce = scarce
        if self.on_crossing is not None:
            self.on_crossing()
