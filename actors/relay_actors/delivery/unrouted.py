"""Takes events that belong to no live call: conferences, tasks, errors, and what came before or after its call.

Part of the subscription actor, in its greenlet; never blocks. Handlers of the user run in greenlets of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec

from relay_actors.delivery.early import EarlyEvents
from relay_actors.delivery.handler_pool import HandlerPool, until_stopped
from relay_actors.kit.guard import run_guarded
from relay_actors.kit.log import ThrottledLogger, logger
from relay_actors.telemetry.stats import BUSY_HANDLERS, Stats
from relay_actors.wire.events import ConferenceEvent, RelayEvent, TaskEvent

__all__ = ["SetEventHandlers", "Unrouted"]


class Unrouted:
    """Keeps early events for their calls, and gives the rest to the client's handlers.

    Attributes:
        handler: gets every event that belongs to no call; None: nobody does.
        task_handler: gets tasks in place of ``handler``; None: ``handler`` gets them too.
        early: events that came before the offer of their call.
    """

    def __init__(self, ttl: float, stats: Stats, handlers: HandlerPool | None = None) -> None:
        self.handler: Callable[[Any], object] | None = None
        self.task_handler: Callable[[Any], object] | None = None
        self.early = EarlyEvents(ttl, stats, self.hand_over)
        self._handlers = HandlerPool() if handlers is None else handlers
        self._throttle = ThrottledLogger()
        self._stats = stats

    def take(self, event: RelayEvent, *, over: bool) -> None:
        """Take an event of no live call; ``over`` tells that its call was live once."""
        # A conference tells of all its members: a member that is no call of this client is nothing to wait for.
        if not event.call_id or over or isinstance(event, ConferenceEvent):
            self.hand_over(event)
        else:
            self.early.keep(event.call_id, event)

    def hand_over(self, event: RelayEvent) -> None:
        """Give an event to the client's handler."""
        handler = self.task_handler if isinstance(event, TaskEvent) and self.task_handler else self.handler
        if handler is None:
            self._stats.events_unrouted += 1
            logger.debug("nobody waits for {!r}", event)
        elif not self._handlers.run(
            run_guarded, partial(until_stopped, handler), event, "the event handler crashed on {!r}", event
        ):
            self._stats.dead_letters[BUSY_HANDLERS] += 1
            self._throttle.warning("too many event handlers run and wait; an event is dropped")


class SetEventHandlers(msgspec.Struct, frozen=True):
    """Give what belongs to no call to ``event``, and tasks to ``task``; None: to nobody."""

    event: Callable[[Any], object] | None
    task: Callable[[Any], object] | None
