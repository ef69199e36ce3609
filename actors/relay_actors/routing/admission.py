"""The cap on active inbound calls, what is done beyond it (law 10), and the marks of the contexts."""

from __future__ import annotations

import math
from typing import Any, Final

from relay_actors.kit.slots import Slots

__all__ = ["DEFAULT_RETURN_AT", "POLICIES", "Admission"]

POLICIES: Final = ("drop", "pass", "busy")
"""What is done with an offer beyond the cap: leave it unanswered, give it back to routing, or refuse it as busy."""

DEFAULT_RETURN_AT: Final = 0.7
"""The low mark, as a share of the cap."""


class Admission:
    """How many inbound calls may be active, and what is done with more.

    Args:
        limit: how many there are.
        policy: one of `POLICIES`.
        leave_at: the share of the slots at which a client stays away from its contexts; None: never.
        return_at: the share at which it comes back.

    Attributes:
        policy: see above.
        slots: who has one, and whether the client is to stay away from its contexts.

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
        self.policy = policy
        self.slots = Slots(limit, *_marks(limit, leave_at, return_at))


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
