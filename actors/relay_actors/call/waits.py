"""The waits of a call that are open: who waits for which event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from relay_actors.errors import RelayError
from relay_actors.kit.future import GreenletFuture
from relay_actors.wire.events import RelayEvent

__all__ = ["LATE_EVENTS", "OpenWaits", "Predicate", "Wait"]

_KEPT_EVENTS: Final = 20
LATE_EVENTS: Final = frozenset({"calling.call.record", "calling.call.transcribe", "calling.call.fax"})
"""Types of events that may come after the end of their call."""

Predicate = Callable[[Any], bool]


class Wait:
    """One wait for one event."""

    __slots__ = ("event_type", "future", "predicate")

    def __init__(self, event_type: str, predicate: Predicate | None) -> None:
        self.event_type = event_type
        self.predicate = predicate
        self.future: GreenletFuture[RelayEvent] = GreenletFuture()

    def offer(self, event: RelayEvent) -> bool:
        """Take an event if it fits; return whether the wait is over. A predicate that raises ends the wait with it."""
        if self.future.done():
            return True
        if self.event_type not in {event.event_type, "*"}:
            return False
        try:
            fits = self.predicate is None or self.predicate(event)
        except BaseException as error:  # noqa: BLE001 - it is raised where the wait is, a gevent.Timeout too
            return self.future.fail(error)
        return bool(fits) and self.future.resolve(event)


class OpenWaits:
    """The open waits, and the events that came while a command of the call waited for its reply."""

    __slots__ = ("_kept", "_open")

    def __init__(self) -> None:
        # Tuples: most calls have none or one, and an empty one costs nothing.
        self._open: tuple[Wait, ...] = ()
        self._kept: tuple[RelayEvent, ...] = ()

    def __bool__(self) -> bool:
        return any(not wait.future.done() for wait in self._open)

    def keep(self, event: RelayEvent) -> None:
        """Keep an event that may have overtaken the reply to the command that caused it (law 5)."""
        self._kept = (*self._kept[-_KEPT_EVENTS:], event)

    def forget_kept(self) -> bool:
        """Forget the events that were kept, as the next command begins; return whether a wait is open."""
        self._kept = ()
        return bool(self)

    def add(self, wait: Wait) -> None:
        """Open a wait, and forget those that are over."""
        self._open = (*(each for each in self._open if not each.future.done()), wait)

    def tell(self, event: RelayEvent) -> bool:
        """Give an event to those who wait for it; return whether a wait is over."""
        before = self._open
        if before:
            self._open = tuple([wait for wait in before if not wait.offer(event)])
        return len(self._open) < len(before)

    def satisfy(self, wait: Wait, state: RelayEvent | None) -> bool:
        """Give a wait what came before it could be opened; return whether that ends it.

        That is an event that came while the last command waited for its reply, or, for a wait with a predicate, the
        state that the call is in: a state is told once, so that nothing would ever end the wait.
        """
        for event in self._kept:
            if event.event_type == wait.event_type and wait.offer(event):
                self._kept = tuple(other for other in self._kept if other is not event)
                return True
        return (
            wait.predicate is not None
            and state is not None
            and state.event_type == wait.event_type
            and wait.offer(state)
        )

    def end(self, error: Callable[[], RelayError], *, late: bool) -> None:
        """End the waits, each with an error of its own; ``late`` spares those whose event may still come."""
        waits, self._open = self._open, ()
        for wait in waits:
            if not (late and wait.event_type in LATE_EVENTS):
                wait.future.fail(error())
        self._open = tuple(wait for wait in waits if not wait.future.done())
