"""Tells redelivered events from new ones (law 5)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from relay_actors.kit.log import logger
from relay_actors.telemetry.stats import Stats
from relay_actors.wire.events import RelayEvent

__all__ = ["Dedup"]


class Dedup:
    """Tells a redelivered event from a new one.

    Within a connection, an event is the same when its frame's id and its body are. After a restored session the server
    may deliver an event of the gap again in a frame of another id: then type, time and body tell. Of those a hash of
    64 bits is kept, and not the event, which would keep its whole frame. Two generations are kept, so that memory is
    bounded and each look-up is constant.
    """

    def __init__(self, limit: int = 4096) -> None:
        self._limit = limit
        self._now: dict[Any, int] = {}
        self._before: dict[Any, int] = {}
        self._former: frozenset[int] = frozenset()

    def fresh(self, events: Iterable[tuple[Any, RelayEvent]], stats: Stats) -> list[RelayEvent]:
        """Note events, each with the id of its frame; return those that are new, in order, and count the others."""
        former, before, now = self._former, self._before, self._now
        found = []
        for frame_id, event in events:
            envelope = event.envelope
            content = hash((envelope.event_type, envelope.timestamp, bytes(envelope.params)))
            if former and content in former:
                _repeated(event, stats)
                continue
            if type(frame_id) is not str:
                if not isinstance(frame_id, int | float):
                    found.append(event)
                    continue
                frame_id = ("number", frame_id)  # noqa: PLW2901 - 1 and "1" are different ids
            if now.get(frame_id) == content or before.get(frame_id) == content:
                _repeated(event, stats)
                continue
            now[frame_id] = content
            if len(now) >= self._limit:
                self._before, self._now = before, now = now, {}
            found.append(event)
        return found

    def connection_resumed(self) -> None:
        """Note that a new connection goes on with the session: its gap may bring what was seen before."""
        self._former = frozenset((*self._before.values(), *self._now.values()))

    def session_started(self) -> None:
        """Note that a new session began: nothing of the old one comes again."""
        self._now, self._before, self._former = {}, {}, frozenset()


def _repeated(event: RelayEvent, stats: Stats) -> None:
    stats.events_duplicate += 1
    logger.debug("ignored an event that was delivered before: {!r}", event)
