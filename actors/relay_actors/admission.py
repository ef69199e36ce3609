"""The cap on active inbound calls, and what happens to an offer beyond it (law 10)."""

from __future__ import annotations

from typing import Final

__all__ = ["POLICIES", "Admission"]

POLICIES: Final = ("drop", "pass", "busy")
"""What is done with an offer beyond the cap: leave it unanswered, give it back to routing, or refuse it as busy."""


class Admission:
    """Slots for active inbound calls."""

    def __init__(self, limit: int, policy: str = "drop") -> None:
        if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
            raise ValueError(f"max_active_calls is {limit!r}; accepted is a whole number from 1")
        if policy not in POLICIES:
            raise ValueError(f"overload is {policy!r}; accepted is one of {', '.join(POLICIES)}")
        self.limit = limit
        self.policy = policy
        self._active: set[str] = set()

    @property
    def active(self) -> int:
        """How many slots are taken."""
        return len(self._active)

    def admit(self, call_id: str) -> bool:
        """Take a slot for a call; return False when all are taken."""
        if len(self._active) >= self.limit:
            return False
        self._active.add(call_id)
        return True

    def release(self, call_id: str) -> None:
        """Give a call's slot back; does nothing when it has none, so that a slot is given back once."""
        self._active.discard(call_id)
