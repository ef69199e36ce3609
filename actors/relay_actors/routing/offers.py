"""Takes offers of inbound calls: each gets an actor, or is refused by the policy that applies.

Part of the subscription actor, in its greenlet; never blocks.
"""

from __future__ import annotations

from collections.abc import Callable
from sys import intern
from typing import Any

from relay_actors.kit.log import logger
from relay_actors.routing.desk import Desk
from relay_actors.routing.hangups import Hangups
from relay_actors.routing.spawn import Spawn
from relay_actors.wire.events import CallReceiveEvent

__all__ = ["Offers"]


class Offers:
    """Admits calls, and refuses what is too much.

    Args:
        desk: see there.
        spawn: makes the actors.
        hangups: end what is refused as busy.
    """

    def __init__(self, desk: Desk, spawn: Spawn, hangups: Hangups) -> None:
        self._desk = desk
        self._stats = desk.stats
        self._roster = desk.roster
        self._throttle = desk.throttle
        self._slots = desk.admission.slots
        self._policy = desk.admission.policy
        self._spawn = spawn
        self._hangups = hangups

    def take(self, event: CallReceiveEvent) -> None:
        """Take an offer."""
        call_id = event.call_id
        roster = self._roster
        if not call_id:
            self._throttle.warning("ignored an offer without call_id")
            return
        if call_id in roster.calls or call_id in roster.former:
            self._stats.events_duplicate += 1
            if call_id in roster.former and not roster.is_to_be_ended(call_id):
                self._desk.link.ledger.forget_call(call_id)
            logger.debug("ignored the offer of call {}: it was offered before", call_id)
            return
        self._stats.calls_offered += 1
        if roster.draining or roster.stopping or roster.factory is None:
            self._turn_away(event)
        elif not self._slots.take(call_id):
            limit, policy = self._slots.limit, self._policy
            self._refuse(event, policy)
            self._throttle.warning(
                "call {} is beyond max_active_calls={}; overload policy: {}",
                call_id,
                limit,
                policy,
                **_about(event),
            )
        else:
            self._serve(roster.factory, event)

    def _serve(self, factory: Callable[..., Any], event: CallReceiveEvent) -> None:
        self._stats.calls_admitted += 1
        state = event.call_state
        self._spawn.begin(
            factory,
            (event,),
            call_id=event.call_id,
            # All calls have a few of these in common; and the device by itself, which would keep its whole frame.
            node_id=intern(event.node_id),
            project_id=intern(event.project_id),
            context=intern(event.context),
            direction=intern(event.direction or "inbound"),
            state=intern(state) if state in {"created", "ringing"} else "created",
            raw_device=event.raw_device.copy(),
            tag=event.tag,
            segment_id=event.segment_id,
        )

    def _turn_away(self, event: CallReceiveEvent) -> None:
        """Refuse a call since the client takes none."""
        if self._roster.draining:
            self._refuse(event, "drain")
            self._throttle.info("call {} was passed on: the client is draining", event.call_id, **_about(event))
        else:
            self._refuse(event, "unserved")
            why = "the client stops" if self._roster.stopping else "no call handler is registered"
            self._throttle.warning("call {} was left unanswered: {}", event.call_id, why, **_about(event))

    def _refuse(self, event: CallReceiveEvent, policy: str) -> None:
        self._stats.calls_refused[policy] += 1
        self._roster.former.add(event.call_id)
        self._desk.link.ledger.forget_call(event.call_id)
        self._roster.unrouted.early.claim(event.call_id)
        if policy in {"pass", "drain"}:
            self._desk.link.submit("calling.pass", {"node_id": event.node_id, "call_id": event.call_id})
        elif policy == "busy":
            self._hangups.end(event.call_id, event.node_id, "busy")


def _about(event: CallReceiveEvent) -> dict[str, object]:
    """Return what a line about an offer is bound to."""
    return {"call_id": event.call_id, "context": event.context}
