"""Who listens to a call's events, by their type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["Listeners"]

Handler = Callable[[Any], object]


class Listeners:
    """The listeners of a call, those of a type in the order in which they came."""

    __slots__ = ("_by_type",)

    def __init__(self) -> None:
        self._by_type: dict[str, tuple[Handler, ...]] = {}

    def add(self, event_type: str, handler: Handler) -> None:
        """Listen to a type of events; ``*`` for all."""
        self._by_type[event_type] = (*self._by_type.get(event_type, ()), handler)

    def of(self, event_type: str) -> tuple[Handler, ...]:
        """Return those who listen to a type, then those who listen to all."""
        by_type = self._by_type
        found = by_type.get(event_type, ())
        return found + by_type["*"] if "*" in by_type else found
