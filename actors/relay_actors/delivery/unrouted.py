"""Events that belong to no live call: conferences, tasks, errors, and what came before or after its call.

Part of the subscription actor, in its greenlet; never blocks. Handlers of the user run in greenlets of their own.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

import msgspec
from loguru import logger

from relay_actors.delivery.dedup import Recent
from relay_actors.delivery.handler_pool import Handlers
from relay_actors.kit.actor import forward_interrupt, log_crash
from relay_actors.kit.throttle import Rarely
from relay_actors.telemetry.stats import BUSY_HANDLERS, Stats
from relay_actors.wire.events import ConferenceEvent, RelayEvent, TaskEvent

__all__ = ["SetEventHandlers", "Strays"]

_EARLY_CALLS: Final = 1_000
_EARLY_EVENTS: Final = 50


class Strays:
    """Keeps early events for their calls, and gives the rest to the client's handlers.

    Attributes:
        handler: gets every event that belongs to no call; None: nobody does.
        task_handler: gets tasks in place of ``handler``; None: ``handler`` gets them too.
    """

    def __init__(self, ttl: float, stats: Stats, handlers: Handlers | None = None) -> None:
        self.handler: Callable[[Any], object] | None = None
        self.task_handler: Callable[[Any], object] | None = None
        self._handlers = Handlers() if handlers is None else handlers
        self._dropped = Rarely()
        self._ttl = ttl
        self._stats = stats
        self._early: Recent[str] = Recent(_EARLY_CALLS + 1)

    def take(self, event: RelayEvent, *, over: bool) -> None:
        """Take an event of no live call; ``over`` tells that its call was live once."""
        # A conference tells of all its members: a member that is no call of this client is nothing to wait for.
        if not event.call_id or over or isinstance(event, ConferenceEvent):
            self.hand_over(event)
        else:
            self._keep(event)

    def _keep(self, event: RelayEvent) -> None:
        """Keep an event that overtook the offer of its call, for a while."""
        now = time.monotonic()
        while (oldest := self._early.oldest()) is not None and now - oldest[0] > self._ttl:
            self._give_up(oldest[1])
        kept = self._early.get(event.call_id)
        if kept is None:
            self._early.add(event.call_id, (now, [event]))
            if len(self._early) > _EARLY_CALLS:
                self._give_up(self._early.oldest()[1])
        elif len(kept[1]) < _EARLY_EVENTS:
            kept[1].append(event)
        else:
            self._stats.events_unrouted += 1

    def _give_up(self, oldest: list[RelayEvent]) -> None:
        """Wait no longer for the call of the events that were kept for the longest time."""
        self._early.forget_oldest()
        for late in oldest:
            self.hand_over(late)

    def claim(self, call_id: str) -> list[RelayEvent]:
        """Return the events that came before their call, and forget them."""
        kept = self._early.pop(call_id)
        events: list[RelayEvent] = [] if kept is None else kept[1]
        return events

    def hand_over(self, event: RelayEvent) -> None:
        """Give an event to the client's handler."""
        handler = self.task_handler if isinstance(event, TaskEvent) and self.task_handler else self.handler
        if handler is None:
            self._stats.events_unrouted += 1
            logger.debug("nobody waits for {!r}", event)
        elif not self._handlers.run(_run, handler, event):
            self._stats.dead_letters[BUSY_HANDLERS] += 1
            if count := self._dropped.tell():
                logger.warning("too many event handlers run and wait; events dropped since the last word: {}", count)


def _run(handler: Callable[[Any], object], event: RelayEvent) -> None:
    try:
        handler(event)
    except BaseException as error:  # noqa: BLE001 - a handler's crash ends with it
        log_crash(error, "the event handler crashed on {!r}", event)
        forward_interrupt(error)


class SetEventHandlers(msgspec.Struct, frozen=True):
    """Give what belongs to no call to ``event``, and tasks to ``task``; None: to nobody."""

    event: Callable[[Any], object] | None
    task: Callable[[Any], object] | None
