"""The subscription actor: which call an event belongs to, and who serves a new call.

It owns the desired contexts, the cap, the table of live calls and the dials under way. It never runs code of the user
but for making a call actor, and it survives everything: an event that cannot be handled is logged, and the next comes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from sys import intern
from typing import TYPE_CHECKING, Any, Final

from gevent.hub import get_hub
from loguru import logger

from relay_actors.admission import Admission
from relay_actors.afterlife import Afterlife
from relay_actors.birth import Birth, CallMade, is_quick, make_call
from relay_actors.call import Call
from relay_actors.call_messages import CallSetup, EndCode
from relay_actors.dialling import Dialling
from relay_actors.errors import ClientStopped, CodeOverdue, SessionLost
from relay_actors.future import GreenletFuture
from relay_actors.greenlet import NO_REPLY, GreenletActor, NoReply, forward_interrupt, log_crash
from relay_actors.hangups import Hangups
from relay_actors.link import Link
from relay_actors.messages import (
    AbandonDial,
    AddContexts,
    BeginDial,
    CallClosed,
    CallCrashed,
    CallOutlived,
    CallOver,
    ChangeContexts,
    ContextsReceived,
    DescribeCalls,
    Drain,
    EndCalls,
    EventsReceived,
    FindCall,
    HangUp,
    HangUpAnswered,
    ListCalls,
    RemoveContexts,
    SessionEnded,
    SessionExpired,
    SessionStarted,
    SetCallHandler,
    SetEventHandlers,
    SweepCode,
    SweepDials,
    SweepHangUps,
    Tick,
)
from relay_actors.registered import Registered
from relay_actors.roster import CallRoster, Live
from relay_actors.seen import Recent
from relay_actors.stats import UNMADE_CALL, Stats
from relay_actors.status import CallsStatus
from relay_actors.wire.events import CallReceiveEvent, CallStateEvent, ConnectEvent, DialEvent, RelayEvent

if TYPE_CHECKING:
    from loguru import Logger

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
        self._hangups = Hangups(link, roster.unserved, self._address)
        self._dialling = Dialling(link, stats, self._begin_call, self._hangups.end, self._address, roster.when_crashed)
        self._afterlife = Afterlife(link.timing.code_linger, partial(self._address.offer, SweepCode()))
        if self._counted:
            self._afterlife.watch()
        self._hangups.go_on()
        self._stopping = False
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
            case CallOver() | CallClosed():
                self._ended(message)
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
                return self._want(message)
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
            self._made(message)
        elif isinstance(message, CallCrashed):
            self._stats.calls_crashed += 1
        elif isinstance(message, CallOutlived):
            self._stats.calls_outlived += 1
        else:
            self._end_code()

    def _dial(self, message: BeginDial | AbandonDial | SweepDials) -> None:
        if isinstance(message, SweepDials):
            self._dialling.sweep()
        elif isinstance(message, AbandonDial):
            self._dialling.abandon(message.tag, message.outcome)
        elif self._roster.draining or self._stopping:
            raise ClientStopped("the client drains or stops; it makes no new calls")
        else:
            self._dialling.begin(message.tag, message.factory, message.outcome, message.reply)

    def _want(self, message: AddContexts | RemoveContexts | ContextsReceived) -> tuple[str, ...]:
        if isinstance(message, ContextsReceived):
            return self._stay_away(message.contexts)
        if isinstance(message, AddContexts):
            self._roster.contexts = tuple(dict.fromkeys((*self._roster.contexts, *message.contexts)))
        else:
            self._roster.contexts = tuple(c for c in self._roster.contexts if c not in message.contexts)
        if self._link.supervisor is not None:
            self._link.supervisor.offer(ChangeContexts(self._roster.wanted))
        return self._roster.wanted

    def _stay_away(self, contexts: tuple[str, ...]) -> tuple[str, ...]:
        """Leave contexts again that a user has just asked for, if they are to be left at the moment."""
        if self._roster.away and contexts and self._link.up:
            self._link.submit("signalwire.unreceive", {"contexts": list(contexts)})
        return self._roster.wanted

    def _mind_load(self) -> None:
        """Leave the contexts when the high mark of active calls is reached, come back at the low one."""
        away = self._admission.stays_away(away=self._roster.away)
        if away == self._roster.away:
            return
        self._roster.away = away
        active, limit = self._admission.active, self._admission.limit
        if away:
            self._stats.contexts_left += 1
            logger.warning("{} of {} calls are active: the contexts are left until there are fewer", active, limit)
        else:
            logger.info("{} of {} calls are active: back in the contexts", active, limit)
        if self._link.supervisor is not None:
            self._link.supervisor.offer(ChangeContexts(self._roster.wanted, tell=True))

    # Routing

    def _take(self, events: tuple[tuple[Any, RelayEvent], ...]) -> None:
        calls = self._calls
        for event in self._seen.fresh(events, self._repeated):
            try:
                live = calls.get(event.call_id)
                if live is None or type(event) in _NOT_FOR_CALLS:
                    self._route(event)
                else:
                    self._deliver(live.actor, event)
            except Exception as error:  # noqa: BLE001 - one event must not end the routing of all others
                log_crash(error, "could not handle {!r}", event)

    def _repeated(self, event: RelayEvent) -> None:
        self._stats.events_duplicate += 1
        logger.debug("ignored an event that was delivered before: {!r}", event)

    def _route(self, event: RelayEvent) -> None:
        """Route an event that is not for a live call."""
        if isinstance(event, CallReceiveEvent):
            self._offered(event)
        elif isinstance(event, DialEvent):
            self._dialling.outcome(event)
        elif not self._dialling.take(event):
            self._route_unknown(event)

    def _deliver(self, call: Any, event: RelayEvent) -> None:
        if isinstance(event, CallStateEvent):
            if event.call_state == "ended":
                self._over(event.call_id, event.end_reason or "unknown")
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

    # New calls

    def _offered(self, event: CallReceiveEvent) -> None:
        call_id = event.call_id
        if not call_id:
            logger.warning("ignored an offer without call_id")
            return
        if call_id in self._calls or call_id in self._former:
            self._stats.events_duplicate += 1
            logger.debug("ignored the offer of call {}: it was offered before", call_id)
            return
        self._stats.calls_offered += 1
        if self._roster.draining:
            self._refuse(event, "drain")
            _about(event).info("call {} was passed on: the client is draining", call_id)
        elif self._roster.factory is None or self._stopping:
            self._refuse(event, "unserved")
            why = "the client stops" if self._stopping else "no call handler is registered"
            _about(event).warning("call {} was left unanswered: {}", call_id, why)
        elif not self._admission.admit(call_id):
            limit, policy = self._admission.limit, self._admission.policy
            self._refuse(event, policy)
            _about(event).warning("call {} is beyond max_active_calls={}; overload policy: {}", call_id, limit, policy)
        else:
            self._stats.calls_admitted += 1
            self._mind_load()
            self._begin_call(self._roster.factory, self._setup(event), (event,))

    def _setup(self, event: CallReceiveEvent) -> CallSetup:
        return CallSetup(
            call_id=event.call_id,
            # All calls have a few of these in common; and the device by itself, which would keep its whole frame.
            node_id=intern(event.node_id),
            project_id=intern(event.project_id),
            context=intern(event.context),
            direction=intern(event.direction or "inbound"),
            state=intern(event.call_state) if event.call_state in {"created", "ringing"} else "created",
            device=event.raw_device.copy(),
            tag=event.tag,
            segment_id=event.segment_id,
            link=self._link,
            timing=self._link.timing,
            subscription=self._address,
            when_crashed=self._roster.when_crashed,
        )

    def _refuse(self, event: CallReceiveEvent, policy: str) -> None:
        self._stats.calls_refused[policy] += 1
        self._former.add(event.call_id)
        self._strays.claim(event.call_id)
        address = {"node_id": event.node_id, "call_id": event.call_id}
        if policy in {"pass", "drain"}:
            self._link.submit("calling.pass", address)
        elif policy == "busy":
            self._hangups.end(event.call_id, event.node_id, "busy")

    def _begin_call(
        self,
        factory: Callable[..., Any],
        setup: CallSetup,
        history: tuple[RelayEvent, ...],
        then: Callable[[Call | None], object] | None = None,
    ) -> None:
        """Make and launch the actor of a call; on a failure of its class end the call.

        A class that runs code of the user when it is made is made elsewhere: it may block.

        Args:
            factory: makes the actor.
            setup: what it is made from.
            history: what happened to the call before.
            then: called with the actor that is launched, or with None; at once, or later.
        """
        if setup.call_id in self._calls:
            logger.bind(call_id=setup.call_id).error("no actor is made for call {}: it has one", setup.call_id)
            if then is not None:
                then(None)
        elif self._roster.quick if factory is self._roster.factory else is_quick(factory):
            self._launch(setup, partial(make_call, factory, setup), history, then)
        else:
            birth = Birth(setup, history, then)
            self._calls[setup.call_id] = Live(birth, setup.node_id, time.monotonic())
            birth.begin(factory, self._address)

    def _made(self, message: CallMade) -> None:
        """Launch an actor that was made elsewhere."""
        birth: Birth = message.birth
        if birth.lost:
            self._stats.dead_letters[UNMADE_CALL] += birth.lost
        call = self._launch(birth.setup, message.outcome, birth.history, birth.then)
        if call is not None and birth.over and self._link.observer is not None:
            self._link.observer.call_over(birth.setup.call_id, birth.over)
        if call is not None:
            birth.ends_with(call)

    def _launch(
        self,
        setup: CallSetup,
        make: Callable[[], Call],
        history: tuple[RelayEvent, ...],
        then: Callable[[Call | None], object] | None,
    ) -> Call | None:
        try:
            call = make()
            if self._link.observer is not None:
                self._link.observer.call_began(call)
            # It is not running yet: its history is part of its making, so that a dialled call is answered at once.
            for event in history:
                call.on_receive(event)
        except BaseException as error:  # noqa: BLE001 - the user's class, and its crash is this call's alone
            self._unmade(setup, error)
            if then is not None:
                then(None)
            forward_interrupt(error)
            return None
        self._calls[setup.call_id] = Live(call.ref, setup.node_id, call.born)
        call.launch()
        if then is not None:
            then(call)
        for event in self._strays.claim(setup.call_id):
            self._deliver(call.ref, event)
        return call

    def _unmade(self, setup: CallSetup, error: BaseException) -> None:
        """End a call that has no actor and gets none."""
        if not isinstance(error, CodeOverdue):
            self._stats.calls_crashed += 1
            log_crash(error, "no actor could be made for call {}", setup.call_id, call_id=setup.call_id)
        if setup.call_id not in self._counted:
            self._hangups.end(setup.call_id, setup.node_id, "error")
        self._strays.claim(setup.call_id)
        self._ended(CallClosed(setup.call_id))

    def _over(self, call_id: str, reason: str) -> None:
        """Give back the slot of a call and count its end, once."""
        self._admission.release(call_id)
        self._mind_load()
        if call_id not in self._counted:
            self._counted.add(call_id)
            self._afterlife.watch()
            self._stats.calls_ended[reason] += 1
            live = self._calls.get(call_id)
            if live is not None:
                self._stats.call_seconds.add(time.monotonic() - live.since)
            if live is not None and isinstance(live.actor, Birth):
                live.actor.over = reason  # observers are told once they know of the call
            elif live is not None and self._link.observer is not None:
                self._link.observer.call_over(call_id, reason)

    def _ended(self, message: CallOver | CallClosed) -> None:
        if isinstance(message, CallOver):
            self._over(message.call_id, message.reason)
            return
        call_id = message.call_id
        self._over(call_id, "error")  # a call that was not over has lost its actor by a failure
        self._counted.discard(call_id)
        self._calls.pop(call_id, None)
        self._former.add(call_id)
        if self._ending and not self._calls:
            self._stop_waiting()

    def _end_code(self) -> None:
        """End the code of calls that have been over for long."""
        for call_id in self._afterlife.overdue(self._counted):
            call = self._calls.get(call_id)
            if call is not None:
                call.actor.offer(EndCode())

    # The session and the end

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
            self._over(call_id, "lost")
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
        self._stopping = True
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


def _about(event: CallReceiveEvent) -> Logger:
    """Return a logger whose lines name the call that is offered."""
    return logger.bind(call_id=event.call_id, context=event.context)
