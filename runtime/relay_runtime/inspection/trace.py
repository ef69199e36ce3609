"""The frames of one call as they pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import gevent
from gevent.queue import Full, Queue

from relay_actors.kit import clock
from relay_runtime.client.call_frames import CallFrames, event_in
from relay_runtime.client.frame_tap import Direction, FrameTap
from relay_runtime.watch.frame_mask import FrameMask

__all__ = ["CallTrace", "Stream"]

_WAITING: Final = 1000
"""Items that may wait for a slow reader; what comes beyond is left out and counted."""
_LAST_WORDS: Final = 0.5  # seconds for what belongs to the end of a call


class Stream:
    """Items that come while somebody listens."""

    def __init__(self) -> None:
        self._items: Queue[Any] = Queue(_WAITING)
        self._dropped = 0
        self._closed = False

    @property
    def room(self) -> int:
        """How many more items may wait."""
        return _WAITING - self._items.qsize()

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
        self._call_id = call_id
        self._needle = call_id.encode()
        self._frames = CallFrames(self._find)
        self._mask = mask
        self._clock = clock
        self._stop = tap.watch(self._see)
        self.put({"tracing": call_id})

    def close(self) -> None:
        """Watch no more."""
        self._stop()
        super().close()

    def _see(self, direction: Direction, frame: str | bytes) -> None:
        """Keep a frame if it is the call's. Runs in the greenlet that reads or sends it; never raises."""
        found = self._frames(direction, frame)
        if found is None:
            return
        seen = {"time": self._clock(), "direction": direction, "what": found.what, "frame": self._mask(found.frame)}
        self.put(seen)
        kind, body = event_in(found.frame)
        if kind == "calling.call.state" and body.get("call_state") == "ended":
            gevent.spawn_later(_LAST_WORDS, self.close)

    def _find(self, data: bytes) -> tuple[str, ...]:
        return (self._call_id,) if self._needle in data else ()
