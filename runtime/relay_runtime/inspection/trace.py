"""The frames of one call as they pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import gevent
import msgspec
from gevent.queue import Full, Queue

from relay_actors.kit import clock
from relay_runtime.client.frame_tap import Direction, FrameTap
from relay_runtime.inspection.frame_mask import FrameMask

__all__ = ["CallTrace", "Stream"]

_WAITING: Final = 1000
"""Items that may wait for a slow reader; what comes beyond is left out and counted."""
_LAST_WORDS: Final = 0.5  # seconds for what belongs to the end of a call
_OPEN_REQUESTS: Final = 1000


class Stream:
    """Items that come while somebody listens."""

    def __init__(self) -> None:
        self._items: Queue[Any] = Queue(_WAITING)
        self._dropped = 0
        self._closed = False

    def put(self, item: Any) -> None:
        """Add an item, or count it when too many wait. Never blocks."""
        if self._closed:
            return
        try:
            if self._dropped:
                self._items.put_nowait({"dropped": self._dropped})
                self._dropped = 0
            self._items.put_nowait(item)
        except Full:
            self._dropped += 1

    def close(self) -> None:
        """End it, after the items that wait already. Never blocks."""
        if self._closed:
            return
        self._closed = True
        # A full queue has no room for the end: who reads it finds out by the flag.
        if not self._items.full():
            self._items.put_nowait(None)

    def __iter__(self) -> Iterator[Any]:
        """Give the items; blocks the current greenlet until there is one."""
        while not (self._closed and self._items.empty()):
            item = self._items.get()
            if item is None:
                return
            yield item


class _Head(msgspec.Struct, frozen=True):
    """What tells to whom a frame belongs."""

    id: str | int | None = None
    method: str | None = None


class CallTrace(Stream):
    """What passes that belongs to one call: its events, its commands and their replies, masked.

    The first item says that frames are watched from here on.

    Args:
        tap: where frames can be watched.
        call_id: which call.
        mask: masks each frame.
        clock: gives epoch seconds.
    """

    def __init__(self, tap: FrameTap, call_id: str, mask: FrameMask, clock: Callable[[], float] = clock.wall) -> None:
        super().__init__()
        self._needle = call_id.encode()
        self._mask = mask
        self._clock = clock
        self._requests: dict[tuple[Direction, Any], str] = {}
        self._stop = tap.watch(self._see)
        self.put({"tracing": call_id})

    def close(self) -> None:
        """Watch no more."""
        self._stop()
        super().close()

    def _see(self, direction: Direction, frame: str | bytes) -> None:
        """Keep a frame if it is the call's. Runs in the greenlet that reads or sends it; never raises."""
        try:
            data = frame.encode() if isinstance(frame, str) else frame
            if self._needle in data:
                self._keep(direction, msgspec.json.decode(data))
            elif self._requests and b'"method"' not in data:
                self._keep_reply(direction, data)
        except (msgspec.DecodeError, RecursionError, AttributeError):
            pass  # no JSON object: it belongs to nobody

    def _keep(self, direction: Direction, frame: dict[str, Any]) -> None:
        what = _name(frame)
        identity = frame.get("id")
        can_be_told = isinstance(identity, str | int)  # else no reply can: an id may be anything
        if not frame.get("method"):
            asked = self._requests.pop(("in" if direction == "out" else "out", identity), "") if can_be_told else ""
            what = f"reply to {asked}" if asked else "reply"
        elif can_be_told and len(self._requests) < _OPEN_REQUESTS:
            self._requests[direction, identity] = what
        self._put(direction, what, frame)
        if _is_end(frame):
            gevent.spawn_later(_LAST_WORDS, self.close)

    def _keep_reply(self, direction: Direction, data: bytes) -> None:
        head = msgspec.json.decode(data, type=_Head)
        asked = self._requests.pop(("in" if direction == "out" else "out", head.id), None)
        if asked is not None:
            self._put(direction, f"reply to {asked}", msgspec.json.decode(data))

    def _put(self, direction: Direction, what: str, frame: dict[str, Any]) -> None:
        self.put({"time": self._clock(), "direction": direction, "what": what, "frame": self._mask(frame)})


def _name(frame: dict[str, Any]) -> str:
    """Return the event's type, else the method, else an empty string."""
    params = frame.get("params")
    kind = params.get("event_type") if isinstance(params, dict) else None
    return str(kind or frame.get("method") or "")


def _is_end(frame: dict[str, Any]) -> bool:
    params = frame.get("params")
    if not isinstance(params, dict) or params.get("event_type") != "calling.call.state":
        return False
    body = params.get("params")
    return isinstance(body, dict) and body.get("call_state") == "ended"
