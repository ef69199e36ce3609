"""Judges by what one sees in the engine whose owner is dead: by this process's own clock, and by no clock of others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from relay_runtime.fleet.engine import Seen

__all__ = ["Judgement"]

_ABSENT: Final = 0.5
"""Seconds for which the connection of a member may be gone: one that lives has another by then."""
_ASLEEP: Final = 2.0
"""Seconds between two looks after which the one who looks has been stopped himself, or has not seen the engine."""


class _Sighting(msgspec.Struct):
    """What was seen of a ledger.

    Attributes:
        last: what was seen last.
        since: when its owner was first seen like that.
        connected: whether the owner's connection was seen open.
        absent: since when that connection has been gone, or None.
    """

    last: Seen
    since: float
    connected: bool = False
    absent: float | None = None


class Judgement:
    """Remembers what was seen.

    Args:
        lease: seconds for which a member that lives may show nothing of it.
    """

    def __init__(self, lease: float) -> None:
        self._lease = lease
        self._sightings: dict[str, _Sighting] = {}
        self._looked = 0.0

    def forget(self) -> None:
        """Begin anew: what was seen before the engine was away says nothing of who lives."""
        self._sightings.clear()

    def of(self, seen: Iterable[Seen], open_lines: set[str], now: float) -> Iterator[Seen]:
        """Give the ledgers whose owners are dead by what was seen until now.

        Args:
            seen: the ledgers of others.
            open_lines: which of the connections of their owners are open.
            now: by a clock that only goes on.
        """
        if now - self._looked > _ASLEEP:
            self.forget()  # what has stopped this process may have stopped the others: they get their time again
        self._looked = now
        former, self._sightings = self._sightings, {}
        for each in seen:
            sighting = former.get(each.ledger)
            if sighting is None or sighting.last.owner != each.owner:
                sighting = _Sighting(each, now)
            elif sighting.last != each:
                sighting = _Sighting(each, now, connected=sighting.connected and sighting.last.line == each.line)
            self._sightings[each.ledger] = sighting
            if self._is_dead(sighting, open_lines, now):
                yield each

    def _is_dead(self, sighting: _Sighting, open_lines: set[str], now: float) -> bool:
        seen = sighting.last
        if seen.beat < 0:  # it has left, or another has found it dead
            return now - sighting.since >= _ABSENT
        if seen.line in open_lines:
            sighting.connected, sighting.absent = True, None
        elif sighting.connected:
            if sighting.absent is None:
                sighting.absent = now
            if now - sighting.absent >= _ABSENT:
                return True
        return now - sighting.since >= self._lease
