"""What a call's commands have changed, noted ahead of the events that will tell it."""

from __future__ import annotations

from typing import Any

from gevent.hub import get_hub

from relay_actors.call.commands import CallCommands
from relay_actors.call.messages import CallSetup, HangUp, HangupOverdue

__all__ = ["CallNotes"]


class CallNotes(CallCommands):
    """The hang-up, the bridge and the transfer that a call's commands have brought under way."""

    __slots__ = ("_bridge", "_hung_up", "_overdue", "_refer_under_way")

    def __init__(self, setup: CallSetup) -> None:
        super().__init__(setup)
        self._bridge = ""
        self._refer_under_way = False
        self._hung_up = False
        self._overdue: Any = None

    def note_hangup(self, reason: str) -> None:
        """Note that the server has taken our hang-up: the end is on its way, and is not waited for for ever."""
        self._hung_up = True
        if self._over is None and self._overdue is None and not self.actor_stopped.is_set():
            self._overdue = get_hub().loop.timer(self._setup.timing.call_linger)
            self._overdue.start(self.ref.offer, HangupOverdue(reason))

    def _forget_hangup(self) -> None:
        if self._overdue is not None:
            self._overdue.close()
            self._overdue = None

    def leave_hangup(self, reason: str) -> None:
        """Leave it to the router to end the call, for sure. Never blocks."""
        self._setup.subscription.offer(HangUp(self.call_id, self.node_id, reason))

    def note_bridge(self, state: str) -> str:
        """Note that a bridge is being made, ahead of its first event; return what was noted before. Never blocks."""
        before, self._bridge = self._bridge, state
        return before

    def note_refer(self, *, under_way: bool) -> None:
        """Note that a SIP transfer begins, ahead of its first event, or that it failed. Never blocks."""
        self._refer_under_way = under_way
