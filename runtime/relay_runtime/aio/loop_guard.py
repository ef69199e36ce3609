"""Finds code that blocks the user's loop, and names it: file, line and function."""

from __future__ import annotations

import sys
import threading
from typing import Final

from relay_actors.kit import clock
from relay_actors.kit.log import logger
from relay_actors.kit.stack import place, user_frame
from relay_actors.kit.timer import Timer
from relay_runtime.aio.bridge import Bridge

__all__ = ["LoopGuard"]

_BEATS: Final = 4  # in the time for which a loop may be blocked


class LoopGuard:
    """Sends the loop a beat now and then, and looks where it stands when the beat is not taken in time.

    Its methods are called in the thread of the hub; `_taken` alone in the loop.

    Args:
        bridge: the way to the loop.
        limit: seconds for which the loop may be blocked.
    """

    def __init__(self, bridge: Bridge, limit: float) -> None:
        self._bridge = bridge
        self._limit = limit
        self._sent: float | None = None  # when the beat was sent that the loop has not taken yet
        self._told = False
        self._thread: int | None = None
        self._timer = Timer()

    def start(self) -> None:
        """Begin; it ends with the hub."""
        every = self._limit / _BEATS
        self._timer.call_after(every, self._beat, repeat=True, ref=False)
        self._beat()

    def _beat(self) -> None:
        now = clock.real_monotonic()
        if self._sent is None:
            self._sent = now
            self._bridge.post(self._taken)
        elif not self._told and self._thread is not None and now - self._sent >= self._limit:
            self._told = True
            frame = sys._current_frames().get(self._thread)
            logger.warning(
                "the loop of asyncio has been blocked for {:.1f} s; it stands at {}; "
                "calls and connection are kept, but no handler goes on: await, or use asyncio.to_thread",
                now - self._sent,
                place(user_frame(frame) or frame),
            )

    def _taken(self) -> None:
        self._thread = threading.get_ident()
        self._sent, self._told = None, False
