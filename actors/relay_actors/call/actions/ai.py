"""AI agents on a call."""

from __future__ import annotations

from relay_actors.call.actions.base import StoppableAction
from relay_actors.wire.events import AIEvent, AIStopEvent, CallStateEvent, RelayEvent

__all__ = ["AIAction"]


class AIAction(StoppableAction[AIEvent | AIStopEvent | CallStateEvent]):
    """An AI agent that talks on the call.

    It is over at the first of ``calling.call.ai``, ``calling.ai.stop`` and the end of the call: ``wait()``
    gives the event that came.
    """

    METHOD = "calling.ai"
    EVENT = AIEvent
    CLOSED_BY = frozenset({AIStopEvent.EVENT_TYPE})
    __slots__ = ()

    def apply(self, event: RelayEvent) -> bool:
        """Take an event of this operation; return whether no more are expected. The call's core calls this."""
        if isinstance(event, AIStopEvent):
            self._state = "finished"
            self._future.resolve(event)
            return True
        return super().apply(event)

    def call_ended(self, event: CallStateEvent) -> None:
        """Take the end of the call as the result. The call's core calls this."""
        self._state = self._state or "finished"
        self._future.resolve(event)
