"""Counts active inbound calls against their cap (law 10), and says at which marks to stay away from the contexts."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

__all__ = ["DEFAULT_RETURN_AT", "POLICIES", "Admission"]

POLICIES: Final = ("drop", "pass", "busy")
"""What is done with an offer beyond the cap: leave it unanswered, give it back to routing, or refuse it as busy."""

DEFAULT_RETURN_AT: Final = 0.7
"""The low mark, as a share of the cap."""


class Admission:
    """Slots for active inbound calls.

    Args:
        limit: how many there are.
        policy: one of `POLICIES`.
        leave_at: the share of the slots at which a client stays away from its contexts; None: never.
        return_at: the share at which it comes back.

    Attributes:
        away: whether the client is to stay away from its contexts: from the high mark on, until the low one.
        on_crossing: called when that has changed; must not block.

    Raises:
        ValueError: a value is out of range.
    """

    def __init__(
        self, limit: int, policy: str = "drop", *, leave_at: float | None = None, return_at: float | None = None
    ) -> None:
        if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
            raise ValueError(f"max_active_calls is {limit!r}; accepted is a whole number from 1")
        if policy not in POLICIES:
            raise ValueError(f"overload is {policy!r}; accepted is one of {', '.join(POLICIES)}")
        self.limit = limit
        self.policy = policy
        self._high, self._low = _marks(limit, leave_at, return_at)
        self._active: set[str] = set()
        self.away = False
        self.on_crossing: Callable[[], object] | None = None

    @property
    def active(self) -> int:
        """How many slots are taken."""
        return len(self._active)

    def admit(self, call_id: str) -> bool:
        """Take a slot for a call; return False when all are taken."""
        if len(self._active) >= self.limit:
            return False
        self._active.add(call_id)
        if len(self._active) >= self._high and not self.away:
            self._cross(away=True)
        return True

    def release(self, call_id: str) -> bool:
        """Give a call's slot back; return False when it has none, so that a slot is given back once."""
        if call_id not in self._active:
            return False
        self._active.remove(call_id)
        if self.away and len(self._active) <= self._low:
            self._cross(away=False)
        return True

    def _cross(self, *, away: bool) -> None:
        self.away = away
        if self.on_crossing is not None:
            self.on_crossing()


def _marks(limit: int, leave_at: Any, return_at: Any) -> tuple[float, float]:
    """Return how many active calls are the high mark, and how many the low one."""
    if leave_at is None:
        if return_at is not None:
            raise ValueError("return_at says when to come back: give leave_at too")
        return math.inf, math.inf
    low = DEFAULT_RETURN_AT if return_at is None else return_at
    for name, share in (("leave_at", leave_at), ("return_at", low)):
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
            raise ValueError(f"{name} is {share!r}; accepted is a share of max_active_calls, from 0 to 1")
    if not low < leave_at:
        raise ValueError(f"return_at is {low!r}; accepted is less than leave_at, which is {leave_at!r}")
    high = math.ceil(leave_at * limit)
    return high, min(math.floor(low * limit), high - 1)
