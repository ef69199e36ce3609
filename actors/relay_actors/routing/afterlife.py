"""Code that goes on after its call: found by a timer that runs only while there are such calls.

Part of the subscription actor, in its greenlet; never blocks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from gevent.hub import get_hub

__all__ = ["Afterlife"]

_TICKS: Final = 2  # per limit: what is seen at one more of them has been over for the whole limit


class Afterlife:
    """Says which calls have been over for too long and still have an actor.

    Args:
        limit: seconds that they may, or None for ever.
        tick: called when it is time to ask `overdue`; must not block.
    """

    def __init__(self, limit: float | None, tick: Callable[[], object]) -> None:
        self._limit = limit
        self._tick = tick
        self._seen: dict[str, int] = {}
        self._timer: Any = None

    def watch(self) -> None:
        """Begin to watch, unless that is so already."""
        if self._timer is None and self._limit is not None:
            self._timer = get_hub().loop.timer(self._limit / _TICKS, ref=False)  # nobody waits for it
            self._timer.start(self._tick)

    def overdue(self, over: set[str]) -> list[str]:
        """Return the calls that have been over for the whole limit; the watch goes on while any are over.

        Args:
            over: the calls that are over and still have an actor.
        """
        self.stop()
        self._seen = {call_id: self._seen.get(call_id, 0) + 1 for call_id in over}
        if over:
            self.watch()
        return [call_id for call_id, times in self._seen.items() if times > _TICKS and times % _TICKS == 1]

    def stop(self) -> None:
        """Let go of the timer."""
        if self._timer is not None:
            self._timer.close()
            self._timer = None
