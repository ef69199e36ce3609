"""Who listens to a call's events, by their type."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["Listeners"]

Handler = Callable[[Any], object]


class Listeners:
    """The listeners of a call, in the order in which they came."""

    __slots__ = ("_all",)

    def __init__(self) -> None:
        self._all: tuple[tuple[str, Handler], ...] = ()

    def add(self, event_type: str, handler: Handler) -> None:
        """Listen to a type of events; ``*`` for all."""
        self._all = (*self._all, (event_type, handler))

    def of(self, event_type: str) -> Iterator[Handler]:
        """Give those who listen to a type, then those who listen to all."""
        for sought in (event_type, "*"):
            yield from (handler for wanted, handler in self._all if wanted == sought)
