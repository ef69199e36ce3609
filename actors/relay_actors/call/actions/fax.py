"""Faxes, sent or received."""

from __future__ import annotations

from relay_actors.call.actions.base import FINISHED, StoppableAction
from relay_actors.wire.events import FaxEvent, RelayEvent

__all__ = ["FaxAction", "ReceiveFaxAction", "SendFaxAction"]


class FaxAction(StoppableAction[FaxEvent]):
    """A fax; its result may come after the call has ended.

    ``wait()`` gives a `FaxEvent` with ``success``, ``pages`` and ``document``.
    """

    EVENT = FaxEvent
    LATE = True
    __slots__ = ()

    def ends_with(self, event: RelayEvent) -> bool:
        """Return whether the fax is over (protocol 16.15: either place). The call's core calls this."""
        assert isinstance(event, FaxEvent)
        return event.type in FINISHED or event.state in FINISHED

    def apply(self, event: RelayEvent) -> bool:
        """Take an event of this operation; return whether no more are expected. The call's core calls this."""
        last = super().apply(event)
        if isinstance(event, FaxEvent):
            self._state = event.type or self._state
        return last


class SendFaxAction(FaxAction):
    """A fax that is sent."""

    METHOD = "calling.send_fax"
    __slots__ = ()


class ReceiveFaxAction(FaxAction):
    """A fax that is received."""

    METHOD = "calling.receive_fax"
    __slots__ = ()
