"""Events that wait for a call's code while it is busy, in lanes: what must not be lost, and what may give way.

========= ====================================================== ==========================================
lane      what is in it                                          beyond the limit
========= ====================================================== ==========================================
vital     the call's states, events that end an operation        always waits; the protocol bounds how many
result    what else is told once: digits, a bridge that is up …  waits, up to ten limits; then it is dropped
progress  what the next event of its kind replaces               replaces the one that waits for the same
                                                                 hook and operation; else it is dropped
========= ====================================================== ==========================================

Up to the limit everything waits, in the order of its coming. What is dropped is counted as dead letters. Part of the
call actor; nothing here blocks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from relay_actors.kit.throttle import Throttle
from relay_actors.telemetry.stats import BUSY_CALL, Stats
from relay_actors.wire.events import (
    AIPartialResultEvent,
    CollectEvent,
    FaxEvent,
    RelayEvent,
    TranslateDeltaEvent,
)

__all__ = ["Backlog", "is_progress"]

_RESULTS_LIMIT: Final = 10  # limits
_PROGRESS_LIMIT: Final = 2  # limits: room for one of each hook and operation

_PROGRESS_STATES: Final = frozenset({"playing", "paused", "recording", "transcribing", "streaming", "tapping"})
"""States in which an operation goes on."""
_PROGRESS_CLASSES: Final = (AIPartialResultEvent, TranslateDeltaEvent)


def is_progress(event: RelayEvent) -> bool:
    """Return whether the next event of its kind says all that this one says."""
    if isinstance(event, CollectEvent):
        return event.final is False or event.type == "start_of_input"
    if isinstance(event, FaxEvent):
        return event.type == "page"
    if isinstance(event, _PROGRESS_CLASSES) or type(event) is RelayEvent:
        return True
    return getattr(event, "state", "") in _PROGRESS_STATES


class _Slot:
    """A job that waits, whose event a newer one may replace."""

    __slots__ = ("args", "handler", "ran")

    def __init__(self, handler: Callable[..., object], args: tuple[Any, ...]) -> None:
        self.handler = handler
        self.args = args
        self.ran = False

    def __call__(self) -> None:
        self.ran = True
        self.handler(*self.args)


class Backlog:
    """Decides about events for a call whose code is behind by more than the limit.

    Args:
        call_id: the call, for the log.
        limit: how many events may wait.
        stats: where is counted what is dropped and what was replaced.
        enqueue: has a function called with arguments, later.
    """

    def __init__(self, call_id: str, limit: int, stats: Stats, enqueue: Callable[..., object]) -> None:
        self._call_id = call_id
        self._limit = limit
        self._stats = stats
        self._enqueue = enqueue
        self._slots: dict[tuple[str, str], dict[Callable[..., object], _Slot]] = {}
        self._throttle = Throttle()

    def take(
        self, handler: Callable[..., object], args: tuple[Any, ...], event: RelayEvent, *, waiting: int, vital: bool
    ) -> None:
        """Take an event for a handler, while ``waiting`` events wait already."""
        operation = (event.event_type, event.control_id)
        if vital or not is_progress(event):
            # What comes after it must not take a place before it.
            self._slots.pop(operation, None)
            if vital or waiting < _RESULTS_LIMIT * self._limit:
                self._enqueue(handler, *args)
            else:
                self._drop(event)
            return
        slots = self._slots.get(operation)
        slot = None if slots is None else slots.get(handler)
        if slot is not None and not slot.ran:
            slot.args = args
            self._stats.events_replaced += 1
        elif waiting < _PROGRESS_LIMIT * self._limit:
            slot = _Slot(handler, args)
            if slots is None:
                self._forget_what_ran()
                slots = self._slots[operation] = {}
            slots[handler] = slot
            self._enqueue(slot)
        else:
            self._drop(event)

    def _forget_what_ran(self) -> None:
        """Keep as many slots as may wait."""
        if len(self._slots) >= self._limit:
            live = {key: slots for key, slots in self._slots.items() if not all(each.ran for each in slots.values())}
            self._slots = live

    def _drop(self, event: RelayEvent) -> None:
        self._stats.dead_letters[BUSY_CALL] += 1
        self._throttle.warning(
            "the code of call {} is behind by {} events; a {} is dropped",
            self._call_id,
            self._limit,
            event.event_type,
            call_id=self._call_id,
        )
