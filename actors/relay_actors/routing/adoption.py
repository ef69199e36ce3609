"""Goes on with the calls of a process that has died (law 14).

Its session is resumed first; until then, nothing is known of what the server has kept. Then each call gets an actor,
whose code goes on as its class or its policy says; offers that nobody had touched are passed on, and legs of dials are
ended. What the session brings and nobody knows is ended as well.

Part of the subscription actor, in its greenlet; never blocks.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final

import msgspec

from relay_actors.call.call import CallActor
from relay_actors.call.engagements import BRIDGE
from relay_actors.call.messages import GoOn
from relay_actors.errors import ConnectionLost, NotConnected, RequestTimeout
from relay_actors.kit.future import GreenletFuture
from relay_actors.kit.log import logger
from relay_actors.routing.desk import Desk
from relay_actors.routing.hangups import Hangups, refusal
from relay_actors.routing.inheritance import Inheritance, Orphan
from relay_actors.routing.messages import Adopt, CaughtUp
from relay_actors.routing.spawn import Spawn
from relay_actors.wire.call_state import OVER
from relay_actors.wire.events import CallStateEvent, ConferenceEvent, RelayEvent

__all__ = ["Adoption"]

_UNKNOWN: Final = msgspec.Raw(b"null")  # the device of a call of which no numbers were written down
_NAMED: Final = 100  # calls in one line of the log


class Adoption:
    """Takes what was inherited, and waits for its session.

    Args:
        desk: see there.
        spawn: makes the actors.
        hangups: end what is to be ended, and pass on offers.
    """

    def __init__(self, desk: Desk, spawn: Spawn, hangups: Hangups) -> None:
        self._desk = desk
        self._roster = desk.roster
        self._spawn = spawn
        self._hangups = hangups
        if self._roster.adopted:  # by an earlier incarnation of the actor
            self._catch_up()

    def take(self, message: Adopt) -> None:
        """Expect what was inherited: new offers are passed on, and legs that show up are ended."""
        roster = self._roster
        roster.draining = roster.adopts = True
        roster.inherited = message.inheritance
        for tag in message.inheritance.tags:
            roster.dialled.add(tag, "")

    def begin(self) -> None:
        """Go on: the session is resumed."""
        inherited, self._roster.inherited = self._roster.inherited, None
        if inherited is not None:
            self._begin(inherited)
        if self._roster.adopted:
            self._catch_up()

    def _begin(self, inherited: Inheritance) -> None:
        for orphan in inherited.orphans:
            self._adopt(orphan)
        for call_id in (*inherited.offers, *inherited.unserved):
            self._roster.former.add(call_id)
        for call_id, node_id in inherited.offers.items():
            self._hangups.pass_on(call_id, node_id)
        for call_id, node_id in inherited.unserved.items():
            self._hangups.end(call_id, node_id, "cancel")
        logger.info(
            "the session is resumed; calls adopted: {}, offers passed on: {}, ended: {}",
            len(inherited.orphans),
            len(inherited.offers),
            len(inherited.unserved),
        )

    def _adopt(self, orphan: Orphan) -> None:
        call_id = orphan.call_id
        logger.bind(call_id=call_id).info("call {} is adopted", call_id)
        self._roster.adopted.add(call_id)
        self._desk.stats.calls_adopted += 1
        if not orphan.dialled:
            self._desk.admission.slots.take(call_id, beyond=True)
        self._spawn.begin(
            orphan.factory or CallActor,
            (),
            call_id=call_id,
            node_id=orphan.node_id,
            context=orphan.context,
            direction="outbound" if orphan.dialled else "inbound",
            state="answered" if orphan.answered else "created",
            raw_device=_UNKNOWN,
            tag=orphan.tag,
            engaged=orphan.engaged,
            memo=orphan.memo,
            orphaned=orphan.policy,
        )

    def _catch_up(self) -> None:
        """Have the calls go on behind all that the server has sent: the answer to a ping is behind it."""
        future = self._desk.link.submit("signalwire.ping", {})
        future.add_done_callback(partial(self._tell, future))

    def _tell(self, future: GreenletFuture[Any]) -> None:
        """Bring the outcome to the actor; runs in the greenlet that has it. What the server refuses it has answered."""
        unheard = isinstance(refusal(future), ConnectionLost | NotConnected | RequestTimeout)
        self._desk.address.offer(CaughtUp(answered=not unheard))

    def caught_up(self, message: CaughtUp) -> None:
        """Have the adopted calls go on, or ask again; without a connection, that is done by the next one."""
        if message.answered:
            adopted, self._roster.adopted = self._roster.adopted, set()
            for call_id in adopted & self._roster.calls.keys():
                self._roster.calls[call_id].ref.offer(GoOn())
        elif self._desk.link.up:
            self._catch_up()

    def lose(self) -> None:
        """Give it up: the server has forgotten the session."""
        inherited, self._roster.inherited = self._roster.inherited, None
        if inherited is None:
            return
        lost = [*(orphan.call_id for orphan in inherited.orphans), *inherited.offers, *inherited.unserved]
        if not lost:
            logger.info("the session is gone; there was nothing to go on with")
            return
        self._desk.stats.calls_orphaned += len(lost)
        named = ", ".join(lost[:_NAMED])
        logger.error("the session could not be resumed, and its calls are lost: {}: {}", len(lost), named)

    def take_unknown(self, event: RelayEvent) -> bool:
        """End a call of the session that was never written down; return False when the event is of no such call."""
        roster, call_id = self._roster, event.call_id
        if not roster.adopts or not call_id or call_id in roster.former or isinstance(event, ConferenceEvent):
            return False
        if self._may_be_a_peer(event) or (isinstance(event, CallStateEvent) and event.call_state in OVER):
            return False
        roster.former.add(call_id)
        self._hangups.end(call_id, event.node_id, "error")
        return True

    def _may_be_a_peer(self, event: RelayEvent) -> bool:
        """Return whether a call may be the other leg of a bridge, which is none of ours, whatever is told of it."""
        is_made = isinstance(event, CallStateEvent) and bool(event.parent)
        return is_made or any(BRIDGE in live.facts.engaged for live in self._roster.calls.values())
