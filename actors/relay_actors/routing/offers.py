"""The reception of inbound calls: each offer gets an actor, or is refused by the policy that applies.

Part of the subscription actor, in its greenlet; never blocks.
"""

from __future__ import annotations

from sys import intern
from typing import TYPE_CHECKING

from loguru import logger

from relay_actors.call.messages import CallSetup
from relay_actors.kit.actor import GreenletRef
from relay_actors.kit.name import Registered
from relay_actors.routing.admission import Admission
from relay_actors.routing.contexts import Presence
from relay_actors.routing.hangups import Hangups
from relay_actors.routing.roster import CallRoster
from relay_actors.routing.spawn import Making
from relay_actors.session.link import Link
from relay_actors.telemetry.stats import Stats
from relay_actors.wire.events import CallReceiveEvent

if TYPE_CHECKING:
    from loguru import Logger

__all__ = ["Reception"]


class Reception:
    """Takes offers.

    Args:
        link: the way to the server.
        admission: the slots.
        stats: where offers are counted.
        roster: holds the live calls; it outlives the actor.
        making: makes the actors.
        hangups: end what is refused as busy.
        presence: is told when there are more active calls.
        address: the subscription actor.

    Attributes:
        closed: whether the client stops, and takes no call any more.
    """

    def __init__(
        self,
        link: Link,
        admission: Admission,
        stats: Stats,
        roster: CallRoster,
        *,
        making: Making,
        hangups: Hangups,
        presence: Presence,
        address: Registered | GreenletRef,
    ) -> None:
        self._link = link
        self._admission = admission
        self._stats = stats
        self._roster = roster
        self._making = making
        self._hangups = hangups
        self._presence = presence
        self._address = address
        self.closed = False

    def take(self, event: CallReceiveEvent) -> None:
        """Take an offer."""
        call_id = event.call_id
        roster = self._roster
        if not call_id:
            logger.warning("ignored an offer without call_id")
            return
        if call_id in roster.calls or call_id in roster.former:
            self._stats.events_duplicate += 1
            logger.debug("ignored the offer of call {}: it was offered before", call_id)
            return
        self._stats.calls_offered += 1
        if roster.draining or self.closed or roster.factory is None:
            self._turn_away(event)
        elif not self._admission.admit(call_id):
            limit, policy = self._admission.limit, self._admission.policy
            self._refuse(event, policy)
            _about(event).warning("call {} is beyond max_active_calls={}; overload policy: {}", call_id, limit, policy)
        else:
            self._stats.calls_admitted += 1
            self._presence.mind_load()
            self._making.begin(roster.factory, self._setup(event), (event,))

    def _turn_away(self, event: CallReceiveEvent) -> None:
        """Refuse a call since the client takes none."""
        if self._roster.draining:
            self._refuse(event, "drain")
            _about(event).info("call {} was passed on: the client is draining", event.call_id)
        else:
            self._refuse(event, "unserved")
            why = "the client stops" if self.closed else "no call handler is registered"
            _about(event).warning("call {} was left unanswered: {}", event.call_id, why)

    def _refuse(self, event: CallReceiveEvent, policy: str) -> None:
        self._stats.calls_refused[policy] += 1
        self._roster.former.add(event.call_id)
        self._roster.strays.claim(event.call_id)
        if policy in {"pass", "drain"}:
            self._link.submit("calling.pass", {"node_id": event.node_id, "call_id": event.call_id})
        elif policy == "busy":
            self._hangups.end(event.call_id, event.node_id, "busy")

    def _setup(self, event: CallReceiveEvent) -> CallSetup:
        state = event.call_state
        return CallSetup(
            call_id=event.call_id,
            # All calls have a few of these in common; and the device by itself, which would keep its whole frame.
            node_id=intern(event.node_id),
            project_id=intern(event.project_id),
            context=intern(event.context),
            direction=intern(event.direction or "inbound"),
            state=intern(state) if state in {"created", "ringing"} else "created",
            device=event.raw_device.copy(),
            tag=event.tag,
            segment_id=event.segment_id,
            link=self._link,
            timing=self._link.timing,
            subscription=self._address,
            when_crashed=self._roster.when_crashed,
            observer=self._roster.observer,
        )


def _about(event: CallReceiveEvent) -> Logger:
    """Return a logger whose lines name the call that is offered."""
    return logger.bind(call_id=event.call_id, context=event.context)
