"""The subscription actor: which call an event belongs to, and who serves a new call.

It owns the desired contexts, the cap, the table of live calls and the dials under way. It never runs code of the user
but for making a call actor, and it survives everything: an event that cannot be handled is logged, and the next comes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from relay_actors.call.call import read_hooks
from relay_actors.call.messages import (
    CallClosed,
    CallCrashed,
    CallOutlived,
    CallOver,
    CatchUp,
    HangUp,
    OfferLeft,
    OfferTaken,
    SessionEnded,
)
from relay_actors.delivery.unrouted import SetEventHandlers
from relay_actors.errors import ClientStopped, SessionLost
from relay_actors.kit.actor import GreenletRef, NoReply
from relay_actors.kit.crash_log import log_crash
from relay_actors.kit.future import GreenletFuture
from relay_actors.kit.log import logger
from relay_actors.kit.name import Name
from relay_actors.kit.recent import Recent
from relay_actors.kit.server import ServerActor
from relay_actors.routing import messages
from relay_actors.routing.admission import Admission
from relay_actors.routing.adoption import Adoption
from relay_actors.routing.contexts import Contexts
from relay_actors.routing.desk import Desk
from relay_actors.routing.dialling import Dialling
from relay_actors.routing.ends import Ends
from relay_actors.routing.hangups import Hangups
from relay_actors.routing.offers import Offers
from relay_actors.routing.roster import CallRoster, Live
from relay_actors.routing.shutdown import Shutdown
from relay_actors.routing.spawn import CallMade, Spawn, UnmadeCall, is_quick
from relay_actors.session.link import Link
from relay_actors.session.messages import EventsReceived, SessionExpired, SessionStarted, Tick
from relay_actors.telemetry.stats import Stats
from relay_actors.telemetry.status import CallsStatus
from relay_actors.wire.events import CallReceiveEvent, CallStateEvent, ConnectEvent, DialEvent, RelayEvent

__all__ = ["SubscriptionActor"]

_PEERS_REMEMBERED: Final = 1_000
_NOT_FOR_CALLS: Final[frozenset[type[RelayEvent]]] = frozenset((CallReceiveEvent, DialEvent))


class SubscriptionActor(ServerActor):
    """Routes events to calls and dials, and admits new calls."""

    def __init__(
        self, link: Link, admission: Admission, stats: Stats, roster: CallRoster, *, address: Name | None = None
    ) -> None:
        super().__init__()
        self._desk = desk = Desk(link, admission, stats, roster, self.ref if address is None else address)
        self._stats = stats
        self._ledger = link.ledger
        self._roster = roster
        self._calls = roster.calls
        self._unserved, self._abandoned = roster.unserved, roster.abandoned
        self._dedup = roster.dedup
        self._unrouted = roster.unrouted
        self._peers: Recent[str] = Recent(_PEERS_REMEMBERED)
        self._hangups = hangups = Hangups(desk)
        self._contexts = Contexts(desk)
        self._ends = Ends(desk)
        self._spawn = spawn = Spawn(desk, hangups, closed=self._closed, deliver=self._deliver)
        self._offers = Offers(desk, spawn, hangups)
        self._dialling = dialling = Dialling(desk, spawn, hangups, self._settled)
        self._adoption = Adoption(desk, spawn, hangups)
        self._shutdown = Shutdown(desk, dialling, hangups)
        self._failed = False
        self.handles(self._own_handlers() | self._handlers_of_parts())
        hangups.go_on()

    def _own_handlers(self) -> dict[type, Callable[[Any], Any]]:
        return {
            EventsReceived: self._take,
            CallClosed: self._call_closed,
            CallCrashed: self._count_crash,
            CatchUp: lambda _: None,
            CallOutlived: self._count_outlived,
            SessionStarted: self._session_started,
            SessionExpired: self._session_expired,
            messages.SetCallHandler: self._set_call_handler,
            SetEventHandlers: self._set_event_handlers,
            messages.DescribeCalls: self._describe,
            messages.ListCalls: self._list,
            messages.FindCall: self._find,
            messages.Drain: self._drain,
            messages.EndCalls: self._end_calls,
        }

    def _handlers_of_parts(self) -> dict[type, Callable[[Any], Any]]:
        return {
            CallMade: self._spawn.made,
            CallOver: self._ends.take,
            OfferLeft: self._ends.left,
            OfferTaken: self._ends.taken,
            messages.SweepCode: self._ends.sweep,
            messages.BeginDial: self._dialling.begin,
            messages.AbandonDial: self._dialling.abandon,
            messages.SweepDials: self._dialling.sweep,
            messages.AddContexts: self._contexts.add,
            messages.StayAway: self._contexts.stay_away,
            messages.RemoveContexts: self._contexts.remove,
            messages.ContextsReceived: self._contexts.received,
            HangUp: self._hangups.take,
            messages.HangUpAnswered: self._hang_up_answered,
            messages.SweepHangUps: self._hangups.sweep,
            Tick: self._shutdown.look,
            messages.Adopt: self._adoption.take,
            messages.CaughtUp: self._adoption.caught_up,
        }

    # Routing

    def _take(self, message: EventsReceived) -> None:
        calls = self._calls
        fresh = self._dedup.fresh(message.events, self._stats)
        for event in fresh:
            try:
                live = calls.get(event.call_id)
                if live is None or type(event) in _NOT_FOR_CALLS:
                    self._route(event)
                else:
                    self._deliver(live.ref, event)
            except Exception as error:  # noqa: BLE001 - one event must not end the routing of all others
                if count := self._desk.throttle.tell("could not handle"):
                    log_crash(error, "could not handle {!r}; so often since the last word: {}", event, count)
        if len(fresh) < len(message.events):
            self._forget_repeated(message)

    def _forget_repeated(self, message: EventsReceived) -> None:
        """Take an offer that was made again off the ledger, if its call is over: it was noted as any other."""
        for _, event in message.events:
            if isinstance(event, CallReceiveEvent):
                call_id = event.call_id
                if call_id not in self._calls and not self._roster.is_to_be_ended(call_id):
                    self._ledger.forget_call(call_id)

    def _route(self, event: RelayEvent) -> None:
        """Route an event that is not for a live call."""
        if isinstance(event, CallReceiveEvent):
            self._offers.take(event)
            return
        if (self._unserved or self._abandoned) and isinstance(event, CallStateEvent) and event.call_state == "ended":
            self._hangups.ended(event.call_id)
            self._shutdown.note_end()
        if isinstance(event, DialEvent):
            self._dialling.progress(event)
        elif not self._dialling.take(event):
            self._route_unknown(event)

    def _deliver(self, call: GreenletRef | UnmadeCall, event: RelayEvent) -> None:
        if isinstance(event, CallStateEvent):
            if event.call_state == "ended":
                self._ends.over(event.call_id, event.end_reason or "unknown")
                if self._unserved or self._abandoned:
                    self._hangups.ended(event.call_id)
        elif isinstance(event, ConnectEvent) and isinstance(peer := event.peer.get("call_id"), str):
            self._peers.add(peer, event.call_id)
        call.offer(event)

    def _route_unknown(self, event: RelayEvent) -> None:
        """Route an event of a call that has no actor: a state of a peer goes to the call it was made by."""
        owner = self._owner(event) if isinstance(event, CallStateEvent) else None
        if owner is not None:
            owner.ref.offer(event)
        elif not self._adoption.take_unknown(event):
            self._unrouted.take(event, over=event.call_id in self._roster.former)

    def _owner(self, event: CallStateEvent) -> Live | None:
        """Return the live call that made a peer leg; the leg's first event says which, and later ones need not."""
        parent = event.parent.get("call_id") or self._peers.get(event.call_id)
        owner = self._calls.get(parent) if isinstance(parent, str) else None
        if owner is not None:
            self._peers.add(event.call_id, parent)
        return owner

    # Handlers and calls

    def _set_call_handler(self, message: messages.SetCallHandler) -> None:
        self._roster.factory, self._roster.quick = message.factory, is_quick(message.factory)
        if isinstance(message.factory, type):
            read_hooks(message.factory)  # not at the first offer

    def _set_event_handlers(self, message: SetEventHandlers) -> None:
        self._unrouted.handler, self._unrouted.task_handler = message.event, message.task

    def _count_crash(self, _message: CallCrashed) -> None:
        self._stats.calls_crashed += 1

    def _count_outlived(self, _message: CallOutlived) -> None:
        self._stats.calls_outlived += 1

    def _list(self, _message: messages.ListCalls) -> tuple[GreenletRef | UnmadeCall, ...]:
        return tuple(call.ref for call in self._calls.values())

    def _find(self, message: messages.FindCall) -> GreenletRef | UnmadeCall | None:
        call = self._calls.get(message.call_id)
        return None if call is None else call.ref

    def _describe(self, _message: messages.DescribeCalls) -> CallsStatus:
        slots = self._desk.admission.slots
        return CallsStatus(
            live=len(self._calls),
            active=slots.taken,
            limit=slots.limit,
            dials=self._dialling.open,
            draining=self._roster.draining,
        )

    # The session

    def _session_started(self, message: SessionStarted) -> None:
        self._stats.connections += 1
        self._shutdown.connected()
        if message.restored:
            self._dedup.connection_resumed()
            self._end_abandoned()
            self._adoption.begin()
            return
        self._dedup.session_started()
        if self._roster.draining or self._roster.stopping:
            self._roster.forgotten.update(self._roster.up())
        self._forget_session()

    def _forget_session(self) -> None:
        """Lose the calls without a hang-up: they are gone, or somebody else's."""
        self._abandoned.clear()
        self._hangups.session_lost()
        self._adoption.lose()
        self._lose_calls()

    def _end_abandoned(self) -> None:
        """Hang up who is still on the line, since the session has come back."""
        abandoned = dict(self._abandoned)
        self._abandoned.clear()
        self._roster.cut_off |= bool(abandoned) and self._roster.draining
        for call_id, node_id in abandoned.items():
            self._hangups.end(call_id, node_id, "error")
        self._hangups.sweep()

    def _session_expired(self, message: SessionExpired) -> None:
        """Give up the calls and dials; whoever is still on the line when the session comes back is hung up then."""
        if message.displaced:
            self._forget_session()
            return
        if not self._roster.stopping:  # its hang-ups wait for the connection until it has stopped
            self._abandoned.update(self._roster.up())
            for call_id, node_id in self._abandoned.items():
                self._ledger.note_unserved(call_id, node_id)
            self._hangups.session_lost()
        self._lose_calls()

    def _lose_calls(self) -> None:
        if self._calls:
            name = SessionLost.__name__
            logger.warning("{} calls of the former session are over: {}", len(self._calls), name)
        for call_id, call in self._calls.items():
            self._ends.over(call_id, "lost")
            call.ref.offer(SessionEnded(SessionLost))
        self._dialling.session_lost()

    # The end

    def _call_closed(self, message: CallClosed) -> None:
        self._closed(message.call_id)

    def _closed(self, call_id: str) -> None:
        self._ends.closed(call_id)
        self._shutdown.note_end()

    def _hang_up_answered(self, message: messages.HangUpAnswered) -> None:
        self._hangups.answered(message)
        self._shutdown.note_end()

    def _settled(self) -> None:
        self._shutdown.note_end()

    def _drain(self, _message: messages.Drain) -> NoReply:
        assert self.reply_to is not None
        return self._shutdown.drain(self.reply_to)

    def _end_calls(self, message: messages.EndCalls) -> NoReply:
        assert self.reply_to is not None
        return self._shutdown.end_calls(message, self.reply_to)

    def on_undelivered(self, message: Any, reply_to: GreenletFuture[Any] | None) -> None:
        """Keep what the next incarnation can handle, and answer what was asked."""
        address = self._desk.address
        if reply_to is not None:
            reply_to.fail(ClientStopped())
        elif self._failed and isinstance(address, Name):
            address.hold(message)

    def on_stop(self) -> None:
        """End every call that is left."""
        for call in list(self._calls.values()):
            call.ref.offer(SessionEnded(ClientStopped))
        self._release()

    def on_failure(self, *args: Any) -> None:
        """End the dials; the calls go on, and the next incarnation routes their events, if there will be one."""
        log_crash(args[1], "the subscription actor failed")
        if isinstance(self._desk.address, Name):
            self._failed = True
            self._release()
        else:
            self.on_stop()

    def _release(self) -> None:
        self._dialling.stop()
        self._ends.stop()
        self._hangups.stop()
        self._shutdown.stop()
