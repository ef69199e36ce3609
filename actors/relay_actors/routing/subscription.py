"""The subscription actor: which call an event belongs to, and who serves a new call.

It owns the desired contexts, the cap, the table of live calls and the dials under way. It never runs code of the user
but for making a call actor, and it survives everything: an event that cannot be handled is logged, and the next comes.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from gevent.hub import get_hub
from loguru import logger

from relay_actors.call.messages import CallClosed, CallCrashed, CallOutlived, CallOver, HangUp, SessionEnded
from relay_actors.delivery.dedup import Recent
from relay_actors.delivery.unrouted import SetEventHandlers
from relay_actors.errors import ClientStopped, SessionLost
from relay_actors.kit.actor import NO_REPLY, GreenletActor, NoReply, log_crash
from relay_actors.kit.future import GreenletFuture
from relay_actors.kit.name import Registered
from relay_actors.routing.admission import Admission
from relay_actors.routing.afterlife import Afterlife
from relay_actors.routing.birth import CallMade, is_quick
from relay_actors.routing.contexts import Presence
from relay_actors.routing.dialling import Dialling
from relay_actors.routing.ends import Endings
from relay_actors.routing.hangups import Hangups
from relay_actors.routing.messages import (
    AbandonDial,
    AddContexts,
    BeginDial,
    ContextsReceived,
    DescribeCalls,
    Drain,
    EndCalls,
    FindCall,
    HangUpAnswered,
    ListCalls,
    RemoveContexts,
    SetCallHandler,
    SweepCode,
    SweepDials,
    SweepHangUps,
)
from relay_actors.routing.offers import Reception
from relay_actors.routing.roster import CallRoster, Live
from relay_actors.routing.spawn import Making
from relay_actors.session.link import Link
from relay_actors.session.messages import EventsReceived, SessionExpired, SessionStarted, Tick
from relay_actors.telemetry.stats import Stats
from relay_actors.telemetry.status import CallsStatus
from relay_actors.wire.events import CallReceiveEvent, CallStateEvent, ConnectEvent, DialEvent, RelayEvent

__all__ = ["SubscriptionActor"]

_PEERS_REMEMBERED: Final = 1_000
_NOT_FOR_CALLS: Final[frozenset[type[RelayEvent]]] = frozenset((CallReceiveEvent, DialEvent))


class SubscriptionActor(GreenletActor):
    """Routes events to calls and dials, and admits new calls."""

    def __init__(
        self,
        link: Link,
        admission: Admission,
        stats: Stats,
        roster: CallRoster,
        *,
        address: Registered | None = None,
    ) -> None:
        super().__init__()
        self._link = link
        self._admission = admission
        self._stats = stats
        self._roster = roster
        self._calls = roster.calls
        self._counted = roster.counted
        self._seen = roster.seen
        self._former = roster.former
        self._address = self.ref if address is None else address
        self._peers: Recent[str] = Recent(_PEERS_REMEMBERED)
        self._strays = roster.strays
        self._hangups = hangups = Hangups(link, roster.unserved, self._address)
        self._afterlife = Afterlife(link.timing.code_linger, partial(self._address.offer, SweepCode()))
        self._presence = presence = Presence(link, admission, stats, roster)
        self._endings = Endings(admission, stats, roster, presence=presence, afterlife=self._afterlife)
        at = self._address
        self._making = making = Making(
            stats, roster, hangups=hangups, closed=self._closed, address=at, deliver=self._deliver
        )
        self._reception = Reception(
            link, admission, stats, roster, making=making, hangups=hangups, presence=presence, address=at
        )
        self._dialling = Dialling(link, stats, making.begin, hangups.end, at, roster)
        hangups.go_on()
        self._drained: list[GreenletFuture[Any]] = []
        self._ending: list[GreenletFuture[Any]] = []
        self._end_timer: Any = None
        self._failed = False

    def on_receive(self, message: Any) -> Any:
        """Handle one message; runs in this actor's greenlet and never blocks."""
        answer = self._act(message)
        if self._drained and not self._calls and not self._dialling.open:
            drained, self._drained = self._drained, []
            for future in drained:
                future.resolve(None)
        return answer

    def _act(self, message: Any) -> Any:
        match message:
            case EventsReceived():
                self._take(message.events)
            case CallOver():
                self._endings.over(message.call_id, message.reason)
            case CallClosed():
                self._closed(message.call_id)
            case CallMade() | CallCrashed() | CallOutlived() | SweepCode():
                self._code(message)
            case SessionStarted():
                self._session_started(restored=message.restored)
            case SetCallHandler():
                self._roster.factory, self._roster.quick = message.factory, is_quick(message.factory)
            case SetEventHandlers():
                self._strays.handler, self._strays.task_handler = message.event, message.task
            case BeginDial() | AbandonDial() | SweepDials():
                self._dial(message)
            case AddContexts() | RemoveContexts() | ContextsReceived():
                return self._presence.want(message)
            case Drain() | EndCalls() | Tick():
                return self._finish(message)
            case SessionExpired():
                self._session_expired()
            case _:
                return self._tell(message)
        return None

    def _tell(self, message: Any) -> Any:
        """Answer a question about the calls, or take a hang-up of theirs."""
        match message:
            case HangUp() | HangUpAnswered() | SweepHangUps():
                return self._hangups.take(message)
            case DescribeCalls():
                return self._describe()
            case ListCalls():
                return tuple(call.actor for call in self._calls.values())
            case FindCall():
                call = self._calls.get(message.call_id)
                return None if call is None else call.actor
        logger.warning("{} got an unexpected {}", self, type(message).__name__)
        return None

    def _code(self, message: CallMade | CallCrashed | CallOutlived | SweepCode) -> None:
        """Handle what is about the user's code of a call."""
        if isinstance(message, CallMade):
            self._making.made(message)
        elif isinstance(message, CallCrashed):
            self._stats.calls_crashed += 1
        elif isinstance(message, CallOutlived):
            self._stats.calls_outlived += 1
        else:
            self._endings.end_code()

    def _dial(self, message: BeginDial | AbandonDial | SweepDials) -> None:
        if isinstance(message, SweepDials):
            self._dialling.sweep()
        elif isinstance(message, AbandonDial):
            self._dialling.abandon(message.tag, message.outcome)
        elif self._roster.draining or self._reception.closed:
            raise ClientStopped("the client drains or stops; it makes no new calls")
        else:
            self._dialling.begin(message.tag, message.factory, message.outcome, message.reply)

    # Routing

    def _take(self, events: tuple[tuple[Any, RelayEvent], ...]) -> None:
        calls = self._calls
        for event in self._seen.fresh(events, self._stats):
            try:
                live = calls.get(event.call_id)
                if live is None or type(event) in _NOT_FOR_CALLS:
                    self._route(event)
                else:
                    self._deliver(live.actor, event)
            except Exception as error:  # noqa: BLE001 - one event must not end the routing of all others
                log_crash(error, "could not handle {!r}", event)

    def _route(self, event: RelayEvent) -> None:
        """Route an event that is not for a live call."""
        if isinstance(event, CallReceiveEvent):
            self._reception.take(event)
        elif isinstance(event, DialEvent):
            self._dialling.outcome(event)
        elif not self._dialling.take(event):
            self._route_unknown(event)

    def _deliver(self, call: Any, event: RelayEvent) -> None:
        if isinstance(event, CallStateEvent):
            if event.call_state == "ended":
                self._endings.over(event.call_id, event.end_reason or "unknown")
        elif isinstance(event, ConnectEvent) and isinstance(peer := event.peer.get("call_id"), str):
            self._peers.add(peer, event.call_id)
        call.offer(event)

    def _route_unknown(self, event: RelayEvent) -> None:
        """Route an event of a call that has no actor: a state of a peer goes to the call it was made by."""
        owner = self._owner(event) if isinstance(event, CallStateEvent) else None
        if owner is not None:
            owner.actor.offer(event)
        else:
            self._strays.take(event, over=event.call_id in self._former)

    def _owner(self, event: CallStateEvent) -> Live | None:
        """Return the live call that made a peer leg; the leg's first event says which, and later ones need not."""
        parent = event.parent.get("call_id") or self._peers.get(event.call_id)
        owner = self._calls.get(parent) if isinstance(parent, str) else None
        if owner is not None:
            self._peers.add(event.call_id, parent)
        return owner

    # The session and the end

    def _closed(self, call_id: str) -> None:
        self._endings.closed(call_id)
        if self._ending and not self._calls:
            self._stop_waiting()

    def _session_started(self, *, restored: bool) -> None:
        self._stats.connections += 1
        abandoned, self._roster.abandoned = self._roster.abandoned, {}
        if restored:
            self._seen.connection_resumed()
            for call_id, node_id in abandoned.items():
                self._hangups.end(call_id, node_id, "error")
            return
        self._seen.session_started()
        self._hangups.session_lost()
        self._end_all(SessionLost)
        self._dialling.session_lost()

    def _session_expired(self) -> None:
        """Give up the calls and dials; whoever is still on the line when the session comes back is hung up then."""
        up = {call_id: call.node_id for call_id, call in self._calls.items() if call_id not in self._counted}
        self._roster.abandoned.update(up)
        self._end_all(SessionLost)
        self._dialling.session_lost()

    def _describe(self) -> CallsStatus:
        return CallsStatus(
            live=len(self._calls),
            active=self._admission.active,
            limit=self._admission.limit,
            dials=self._dialling.open,
            draining=self._roster.draining,
        )

    def _end_all(self, error: type[SessionLost | ClientStopped]) -> None:
        if self._calls:
            logger.warning("{} calls of the former session are over: {}", len(self._calls), error.__name__)
        for call_id, call in self._calls.items():
            self._endings.over(call_id, "lost")
            call.actor.offer(SessionEnded(error))

    def _finish(self, message: Drain | EndCalls | Tick) -> Any:
        if isinstance(message, Drain):
            return self._drain()
        if isinstance(message, EndCalls):
            return self._end_calls(message.timeout)
        self._stop_waiting()
        return None

    def _drain(self) -> NoReply:
        """Take no new call; `on_receive` answers when none is left."""
        assert self.reply_to is not None
        if not self._roster.draining:
            logger.info("draining; live calls: {}; new ones are passed on", len(self._calls))
        self._roster.draining = True
        self._drained.append(self.reply_to)
        return NO_REPLY

    def _end_calls(self, timeout: float) -> Any:
        """Hang up what is up; answer when no call is left, after ``timeout`` seconds at the latest."""
        assert self.reply_to is not None
        self._reception.closed = True
        self._dialling.stop()
        if not self._calls:
            return None
        logger.info("hanging up what is still up; live calls: {}", len(self._calls))
        self._ending.append(self.reply_to)
        if self._link.up:
            for call_id, call in self._calls.items():
                self._hangups.end(call_id, call.node_id, "hangup")
        if self._end_timer is None:
            self._end_timer = get_hub().loop.timer(timeout if self._link.up else 0)
            self._end_timer.start(self.ref.offer, Tick())
        return NO_REPLY

    def _stop_waiting(self) -> None:
        if self._end_timer is not None:
            self._end_timer.close()
            self._end_timer = None
        for call in self._calls.values():
            call.actor.offer(SessionEnded(ClientStopped))
        ending, self._ending = self._ending, []
        for future in ending:
            future.resolve(None)

    def on_undelivered(self, message: Any, reply_to: GreenletFuture[Any] | None) -> None:
        """Keep what the next incarnation can handle, and answer what was asked."""
        if reply_to is not None:
            reply_to.fail(ClientStopped())
        elif self._failed and isinstance(self._address, Registered):
            self._address.hold(message)

    def on_stop(self) -> None:
        """End every call that is left."""
        for call in list(self._calls.values()):
            call.actor.offer(SessionEnded(ClientStopped))
        self._release()

    def on_failure(self, *args: Any) -> None:
        """End the dials; the calls go on, and the next incarnation routes their events, if there will be one."""
        log_crash(args[1], "the subscription actor failed")
        if isinstance(self._address, Registered):
            self._failed = True
            self._release()
        else:
            self.on_stop()

    def _release(self) -> None:
        self._dialling.stop()
        self._afterlife.stop()
        self._hangups.stop()
        for future in (*self._drained, *self._ending):
            future.fail(ClientStopped())
        if self._end_timer is not None:
            self._end_timer.close()
            self._end_timer = None
