"""Events that were handled already, so that a redelivery is recognised (law 5)."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Generic, TypeVar

from relay_actors.wire.events import RelayEvent

__all__ = ["Recent", "SeenEvents"]

T = TypeVar("T")


class Recent(Generic[T]):
    """The last ``limit`` distinct keys, with a value each."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._keys: OrderedDict[T, Any] = OrderedDict()

    def __contains__(self, key: T) -> bool:
        return key in self._keys

    def __len__(self) -> int:
        return len(self._keys)

    def add(self, key: T, value: Any = None) -> None:
        """Note a key; the oldest is forgotten when there are too many."""
        self._keys[key] = value
        if len(self._keys) > self._limit:
            self._keys.popitem(last=False)

    def get(self, key: T) -> Any:
        """Return a key's value, or None."""
        return self._keys.get(key)

    def pop(self, key: T) -> Any:
        """Forget a key and return its value, or None."""
        return self._keys.pop(key, None)

    def oldest(self) -> Any:
        """Return the value of the oldest key, or None."""
        return next(iter(self._keys.values()), None)

    def forget_oldest(self) -> None:
        """Forget the oldest key."""
        self._keys.popitem(last=False)


class SeenEvents:
    """Tells a redelivered event from a new one.

    Within a connection, an event is the same when its frame's id and its body are. After a restored session the server
    may deliver an event of the gap again in a frame of another id: then type, time and body tell. Two generations are
    kept, so that memory is bounded and each look-up is constant.
    """

    def __init__(self, limit: int = 8192) -> None:
        self._limit = limit
        self._now: set[Any] = set()
        self._before: set[Any] = set()
        self._former: frozenset[Any] = frozenset()

    def is_new(self, frame_id: Any, event: RelayEvent) -> bool:
        """Note an event; return False when it was seen before."""
        body = hash(bytes(event.envelope.params))
        content = (event.event_type, event.envelope.timestamp, body)
        if self._former and content in self._former:
            return False
        key = (frame_id if isinstance(frame_id, str | int | float) else None, content)
        if key[0] is not None and (key in self._now or key in self._before):
            return False
        self._now.add(key)
        if len(self._now) >= self._limit:
            self._before, self._now = self._now, set()
        return True

    def connection_resumed(self) -> None:
        """Note that a new connection goes on with the session: its gap may bring what was seen before."""
        self._former = frozenset(content for _, content in self._now | self._before)

    def session_started(self) -> None:
        """Note that a new session began: nothing of the old one comes again."""
        self._now, self._before, self._former = set(), set(), frozenset()
