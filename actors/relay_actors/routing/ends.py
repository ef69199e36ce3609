"""The ends of calls: each is counted once, and gives back what the call held.

A call ends twice: it is *over* when nobody is on the line any more, and *closed* when its actor has nothing left to do.

Part of the subscription actor, in its greenlet; never blocks.
"""

from __future__ import annotations

import time

from relay_actors.call.messages import EndCode
from relay_actors.routing.admission import Admission
from relay_actors.routing.afterlife import Afterlife
from relay_actors.routing.birth import Birth
from relay_actors.routing.contexts import Presence
from relay_actors.routing.roster import CallRoster
from relay_actors.telemetry.stats import Stats

__all__ = ["Endings"]


class Endings:
    """Takes the ends of calls.

    Args:
        admission: gets the slots back.
        stats: where ends are counted.
        roster: holds the live calls; it outlives the actor.
        presence: is told when there are fewer active calls.
        afterlife: watches calls that are over and not closed.
    """

    def __init__(
        self,
        admission: Admission,
        stats: Stats,
        roster: CallRoster,
        *,
        presence: Presence,
        afterlife: Afterlife,
    ) -> None:
        self._observer = roster.observer
        self._admission = admission
        self._stats = stats
        self._calls = roster.calls
        self._counted = roster.counted
        self._former = roster.former
        self._presence = presence
        self._afterlife = afterlife
        if self._counted:
            afterlife.watch()

    def over(self, call_id: str, reason: str) -> None:
        """Note that nobody is on the line any more."""
        if self._admission.release(call_id):
            self._presence.mind_load()
        if call_id in self._counted:
            return
        self._counted.add(call_id)
        self._afterlife.watch()
        self._stats.calls_ended[reason] += 1
        live = self._calls.get(call_id)
        if live is None:
            return
        self._stats.call_seconds.add(time.monotonic() - live.since)
        if isinstance(live.actor, Birth):
            live.actor.over = reason  # observers are told once they know of the call
        elif self._observer is not None:
            self._observer.call_over(call_id, reason)

    def closed(self, call_id: str) -> None:
        """Note that a call's actor has nothing left to do; a call that was not over has lost it by a failure."""
        if call_id not in self._counted:
            self.over(call_id, "error")
        self._counted.discard(call_id)
        self._calls.pop(call_id, None)
        self._former.add(call_id)

    def end_code(self) -> None:
        """End the code of calls that have been over for long."""
        for call_id in self._afterlife.overdue(self._counted):
            call = self._calls.get(call_id)
            if call is not None:
                call.actor.offer(EndCode())
