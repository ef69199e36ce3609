"""Workers are replaced once they have had many calls, so that what an app leaks is given back in time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from relay_actors.kit.timer import Timer
from relay_runtime.workers.slot import Slot
from relay_runtime.workers.worker import State

__all__ = ["Recycling"]

_PERIOD: Final = 1.0  # seconds between two looks


class Recycling:
    """Looks again and again how many calls each worker has had.

    Args:
        limit: how many are enough. Where the replacement failed, as many more.
        slots: the places of the workers.
        replace: called with the place of a worker that has had enough, and why, in words; must not block.
    """

    def __init__(self, limit: int, slots: Iterable[Slot], replace: Callable[[Slot, str], object]) -> None:
        self._limit = limit
        self._slots = slots
        self._replace = replace
        self._told: dict[int, tuple[int, int]] = {}  # by place: the worker that was told of last, and its calls then
        self._timer = Timer()

    def start(self) -> None:
        """Begin. Never blocks."""
        self._timer.call_after(_PERIOD, self.look, repeat=True, ref=False)

    def close(self) -> None:
        """End."""
        self._timer.cancel()

    def look(self) -> None:
        """Have those replaced that have had enough. Never blocks."""
        for slot in self._slots:
            worker = slot.worker
            if worker is None or worker.state is not State.SERVING:
                continue
            serial, before = self._told.get(slot.number, (0, 0))
            calls = worker.tally.calls
            if calls >= self._limit + (before if serial == worker.serial else 0):
                self._told[slot.number] = (worker.serial, calls)
                self._replace(slot, f"has had {calls} calls")
