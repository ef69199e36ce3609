"""Who hears of a call's events: listeners and hooks. What they are to run is queued, and nothing here runs it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from relay_actors.call.backlog import Overflow
from relay_actors.call.hooks import hooks_of, takes_event
from relay_actors.call.messages import CallSetup
from relay_actors.call.notes import CallNotes
from relay_actors.wire.events import CallStateEvent, RelayEvent

__all__ = ["LAST_HOOK", "CallListeners"]

Listeners = tuple[tuple[str, Callable[[Any], object]], ...]

LAST_HOOK: Final = "on_ended"
"""The hook that runs when nothing else is left to run."""


class CallListeners(CallNotes):
    """The listeners and hooks of a call."""

    __slots__ = ("_farewell", "_listeners", "_overflow")

    def __init__(self, setup: CallSetup) -> None:
        super().__init__(setup)
        self._listeners: Listeners | None = None
        self._overflow: Overflow | None = None
        self._farewell = False  # whether the last hook has had its turn

    def _add_listener(self, event_type: str, handler: Callable[[Any], object]) -> None:
        self._listeners = (*(self._listeners or ()), (event_type, handler))

    def _tell_listeners(self, listeners: Listeners, event: RelayEvent, vital: bool) -> None:  # noqa: FBT001
        """Give an event to those who listen to its type, then to those who listen to all; a vital one is never lost."""
        event_type = event.envelope.event_type
        to_all = False
        for wanted, handler in listeners:
            if wanted == event_type:
                self._queue(handler, (event,), event, vital=vital)
            elif wanted == "*":
                to_all = True
        if to_all:
            for wanted, handler in listeners:
                if wanted == "*":
                    self._queue(handler, (event,), event, vital=vital)

    def _tell_hooks(self, event: RelayEvent, vital: bool) -> None:  # noqa: FBT001
        hooks = hooks_of(type(self), event)
        if not hooks or self._farewell:
            return
        if isinstance(event, CallStateEvent) and event.call_id not in {"", self.call_id}:
            return
        for name in hooks:
            if name != LAST_HOOK:  # its turn is in `on_idle`
                self._queue(getattr(self, name), (event,) if takes_event(self, name) else (), event, vital=vital)

    def _queue(self, handler: Callable[..., object], args: tuple[Any, ...], event: RelayEvent, *, vital: bool) -> None:
        """Have an event handled later; when the code is too far behind, only what its lane allows."""
        jobs = self._jobs
        if not jobs or len(jobs) < self._setup.timing.events_waiting:
            self.enqueue(handler, *args)
            return
        if self._overflow is None:
            setup = self._setup
            self._overflow = Overflow(setup.call_id, setup.timing.events_waiting, setup.link.stats, self.enqueue)
        self._overflow.take(handler, args, event, waiting=len(jobs), vital=vital)
