"""Payments."""

from __future__ import annotations

from relay_actors.call.actions.base import FINISHED, StoppableAction
from relay_actors.wire.events import PayEvent, RelayEvent

__all__ = ["PayAction"]


class PayAction(StoppableAction[PayEvent]):
    """A payment by card; ``wait()`` gives a `PayEvent` whose ``result`` is ``success`` or why it failed."""

    METHOD = "calling.pay"
    EVENT = PayEvent
    __slots__ = ()

    def ends_with(self, event: RelayEvent) -> bool:
        """Return whether the payment is over (protocol 16.16: either field). The call's core calls this."""
        assert isinstance(event, PayEvent)
        return bool(event.result) or event.state in FINISHED

    def apply(self, event: RelayEvent) -> bool:
        """Take an event of this operation; return whether no more are expected. The call's core calls this."""
        last = super().apply(event)
        if isinstance(event, PayEvent):
            self._state = event.result or event.for_ or self._state
        return last
