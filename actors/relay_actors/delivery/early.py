"""Keeps events for a while that overtook what they belong to: the offer of a call, the reply that names a message.

Part of the actor that takes them, in its greenlet; never blocks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from relay_actors.kit import clock
from relay_actors.kit.recent import Recent
from relay_actors.telemetry.stats import Stats

__all__ = ["EarlyEvents"]

_KEYS: Final = 1_000
_EVENTS: Final = 50


class EarlyEvents:
    """Events by the id of what they belong to: of 1,000 ids, 50 of each.

    Args:
        ttl: seconds that they are kept.
        stats: where it is counted what finds no room.
        give_up: called with each event that was kept in vain; must not block.

    Attributes:
        kept: from an id to when its first event came (monotonic seconds) and its events. Mostly empty: whoever would
            `claim` for each call looks here first.
    """

    def __init__(self, ttl: float, stats: Stats, give_up: Callable[[Any], object]) -> None:
        self._ttl = ttl
        self._stats = stats
        self._give_up = give_up
        self.kept: Recent[str] = Recent(_KEYS + 1)

    def keep(self, key: str, event: Any) -> None:
        """Keep an event until somebody claims it, or its time is over."""
        self.expire()
        kept = self.kept.get(key)
        if kept is None:
            self.kept.add(key, (clock.monotonic(), [event]))
            if len(self.kept) > _KEYS:
                self._forget_oldest()
        elif len(kept[1]) < _EVENTS:
            kept[1].append(event)
        else:
            self._stats.events_unrouted += 1

    def claim(self, key: str) -> list[Any]:
        """Return the events of an id, in order, and forget them."""
        kept = self.kept.pop(key)
        return [] if kept is None else list(kept[1])

    def expire(self) -> None:
        """Give up what was kept for too long."""
        now = clock.monotonic()
        while (oldest := self.kept.oldest()) is not None and now - oldest[0] > self._ttl:
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        for event in self.kept.pop_oldest()[1]:
            self._give_up(event)
