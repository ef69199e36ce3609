"""Named queues in which calls wait to be taken (protocol 7.5)."""

from __future__ import annotations

from typing import Protocol

from relay_runtime.sandbox.calls.call import Call
from relay_runtime.sandbox.ground.ids import new_id

__all__ = ["Queues"]


class Waiting(Protocol):
    """A place in a queue."""

    call: Call

    def taken(self) -> None:
        """Leave since somebody took the call."""


class Queues:
    """Every queue of a sandbox."""

    def __init__(self) -> None:
        self.ids: dict[str, str] = {}
        self.waiting: dict[str, list[Waiting]] = {}

    def id_of(self, name: str) -> str:
        """Return the id of a queue, which is made on first use."""
        return self.ids.setdefault(name, new_id())

    def join(self, name: str, place: Waiting) -> int:
        """Put a call at the end; return its position, counted from 1."""
        line = self.waiting.setdefault(name, [])
        line.append(place)
        return len(line)

    def leave(self, name: str, place: Waiting) -> None:
        """Take a place out."""
        line = self.waiting.get(name, [])
        if place in line:
            line.remove(place)

    def take(self, name: str, taker: Call) -> Call | None:
        """Take the first call that is not the taker itself, or return None."""
        for place in list(self.waiting.get(name, [])):
            if place.call is not taker:
                place.taken()
                return place.call
        return None
