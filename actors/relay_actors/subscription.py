"""The subscription actor: which call an event belongs to, and who serves a new call.

It owns the desired contexts, the cap, the table of live calls and the dials under way. It never runs code of the user
but for making a call actor, and it survives everything: an event that cannot be handled is logged, and the next comes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec
from gevent.hub import get_hub
from loguru import logger

from relay_actors.admission import Admission
from relay_actors.call import Call
from relay_actors.call_messages import CallSetup
from relay_actors.dialling import Dialling
from relay_actors.errors import ClientStopped, SessionLost
from relay_actors.future import GreenletFuture
from relay_actors.greenlet import NO_REPLY, GreenletActor, NoReply, forward_interrupt, log_crash
from relay_actors.link import Link
from relay_actors.mailbox import Mailbox
from relay_actors.messages import (
    AbandonDial,
    AddContexts,
    BeginDial,
    CallClosed,
    CallOver,
    ChangeContexts,
    Drain,
    EndCalls,
    EventsReceived,
    RemoveContexts,
    SessionEnded,
    SessionStarted,
    SetCallHandler,
    SetEventHandlers,
    SweepDials,
    Tick,
)
from relay_actors.seen import Recent, SeenEvents
from relay_actors.stats import Stats
from relay_actors.strays import Strays
from relay_actors.wire.events import CallReceiveEvent, CallStateEvent, ConnectEvent, DialEvent, RelayEvent

__all__ = ["SubscriptionActor"]

_CALLS_REMEMBERED: Final = 10_000
_PEERS_REMEMBERED: Final = 1_000
_NOT_FOR_CALLS: Final[frozenset[type[RelayEvent]]] = frozenset((CallReceiveEvent, DialEvent))


class Live(msgspec.Struct, frozen=True, gc=False):
    """A live call: where its actor gets its mail, and the routing half of its address."""

    mailbox: Mailbox
    node_id: str


class SubscriptionActor(GreenletActor):
    """Routes events to calls and dials, and admits new calls."""

    def __init__(self, link: Link, admission: Admission, stats: Stats, contexts: tuple[str, ...] = ()) -> None:
        super().__init__()
        self._link = link
        self._admission = admission
        self._stats = stats
        self._contexts = contexts
        self._factory: Callable[..., Any] | None = None
        self._calls: dict[str, Live] = {}
        self._counted: set[str] = set()  # live actors whose call is over
        self._seen = SeenEvents()
        self._former: Recent[str] = Recent(_CALLS_REMEMBERED)
        self._peers: Recent[str] = Recent(_PEERS_REMEMBERED)
        self._strays = Strays(link.timing.early_ttl, stats)
        self._dialling = Dialling(link, stats, self._begin_call, self.ref)
        self._draining = False
        self._stopping = False
        self._drained: list[GreenletFuture[Any]] = []
        self._ending: list[GreenletFuture[Any]] = []
        self._end_timer: Any = None

    def on_receive(self, message: Any) -> Any:
        """Handle one message; runs in this actor's greenlet and never blocks."""
        answer = self._act(message)
        if self._drained and not self._calls and self._dialling.idle:
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
            case SessionStarted():
                self._session_started(restored=message.restored)
            case SetCallHandler():
                self._factory = message.factory
            case SetEventHandlers():
                self._strays.handler, self._strays.task_handler = message.event, message.task
            case BeginDial() | AbandonDial() | SweepDials():
                self._dial(message)
            case AddContexts() | RemoveContexts():
                return self._want(message)
            case Drain():
                return self._drain()
            case EndCalls():
                return self._end_calls(message.timeout)
            case Tick():
                self._stop_waiting()
            case _:
                logger.warning("{} got an unexpected {}", self, type(message).__name__)
        return None

    def _dial(self, message: BeginDial | AbandonDial | SweepDials) -> None:
        if isinstance(message, SweepDials):
            self._dialling.sweep()
        elif isinstance(message, AbandonDial):
            self._dialling.abandon(message.tag, message.outcome)
        elif self._draining or self._stopping:
            raise ClientStopped("the client drains or stops; it makes no new calls")
        else:
            self._dialling.begin(message.tag, message.factory, message.outcome)

    def _want(self, message: AddContexts | RemoveContexts) -> tuple[str, ...]:
        if isinstance(message, AddContexts):
            self._contexts = tuple(dict.fromkeys((*self._contexts, *message.contexts)))
        else:
            self._contexts = tuple(c for c in self._contexts if c not in message.contexts)
        if self._link.supervisor is not None:
            self._link.supervisor.offer(ChangeContexts(self._contexts))
        return self._contexts

    # Routing

    def _take(self, events: tuple[tuple[Any, RelayEvent], ...]) -> None:
        is_new = self._seen.is_new
        for frame_id, event in events:
            try:
                if is_new(frame_id, event):
                    self._route(event)
                else:
                    self._stats.events_duplicate += 1
                    logger.debug("ignored an event that was delivered before: {!r}", event)
            except Exception as error:  # noqa: BLE001 - one event must not end the routing of all others
                log_crash(error, "could not handle {!r}", event)

    def _route(self, event: RelayEvent) -> None:
        call = self._calls.get(event.call_id)
        if call is not None and type(event) not in _NOT_FOR_CALLS:
            self._deliver(call.mailbox, event)
        elif isinstance(event, CallReceiveEvent):
            self._offered(event)
        elif isinstance(event, DialEvent):
            self._dialling.outcome(event)
        elif not self._dialling.take(event):
            self._route_unknown(event)

    def _deliver(self, mailbox: Mailbox, event: RelayEvent) -> None:
        if isinstance(event, CallStateEvent):
            if event.call_state == "ended":
                self._over(event.call_id, event.end_reason or "unknown")
        elif isinstance(event, ConnectEvent) and isinstance(peer := event.peer.get("call_id"), str):
            self._peers.add(peer, event.call_id)
        mailbox.offer(event)

    def _route_unknown(self, event: RelayEvent) -> None:
        """Route an event of a call that has no actor: a state of a peer goes to the call it was made by."""
        owner = self._owner(event) if isinstance(event, CallStateEvent) else None
        if owner is not None:
            owner.mailbox.offer(event)
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
        if self._draining:
            self._refuse(event, "drain")
            logger.info("call {} was passed on: the client is draining", call_id)
        elif self._factory is None or self._stopping:
            self._refuse(event, "unserved")
            why = "the client stops" if self._stopping else "no call handler is registered"
            logger.warning("call {} was left unanswered: {}", call_id, why)
        elif not self._admission.admit(call_id):
            limit, policy = self._admission.limit, self._admission.policy
            self._refuse(event, policy)
            logger.warning("call {} is beyond max_active_calls={}; overload policy: {}", call_id, limit, policy)
        else:
            self._stats.calls_admitted += 1
            self._begin_call(self._factory, self._setup(event), (event,))

    def _setup(self, event: CallReceiveEvent) -> CallSetup:
        return CallSetup(
            call_id=event.call_id,
            node_id=event.node_id,
            project_id=event.project_id,
            context=event.context,
            direction=event.direction or "inbound",
            state=event.call_state if event.call_state in {"created", "ringing"} else "created",
            device=event.raw_device,
            tag=event.tag,
            segment_id=event.segment_id,
            link=self._link,
            timing=self._link.timing,
            subscription=self.ref,
        )

    def _refuse(self, event: CallReceiveEvent, policy: str) -> None:
        self._stats.calls_refused[policy] += 1
        self._former.add(event.call_id)
        self._strays.claim(event.call_id)
        address = {"node_id": event.node_id, "call_id": event.call_id}
        if policy in {"pass", "drain"}:
            self._link.submit("calling.pass", address)
        elif policy == "busy":
            self._link.submit("calling.end", {**address, "reason": "busy"})

    def _begin_call(
        self, factory: Callable[..., Any], setup: CallSetup, history: tuple[RelayEvent, ...]
    ) -> Call | None:
        """Make and launch the actor of a call; on a failure of its class end the call and return None."""
        try:
            if setup.call_id in self._calls:
                raise ValueError("a live call has this id")
            call = factory(setup)
            if not isinstance(call, Call):
                raise TypeError(f"the call handler made a {type(call).__name__}, not a CallActor")
            # It is not running yet: its history is part of its making, so that a dialled call is answered at once.
            for event in history:
                call.on_receive(event)
        except BaseException as error:  # noqa: BLE001 - the user's class, and its crash is this call's alone
            log_crash(error, "no actor could be made for call {}", setup.call_id, call_id=setup.call_id)
            if setup.call_id not in self._calls:
                self._refuse_unmade(setup)
            forward_interrupt(error)
            return None
        self._calls[setup.call_id] = Live(call.mailbox, setup.node_id)
        call.launch()
        for event in self._strays.claim(setup.call_id):
            self._deliver(call.mailbox, event)
        return call

    def _refuse_unmade(self, setup: CallSetup) -> None:
        """End a call that has no actor and gets none."""
        self._link.submit("calling.end", {"node_id": setup.node_id, "call_id": setup.call_id, "reason": "error"})
        self._strays.claim(setup.call_id)
        self._ended(CallClosed(setup.call_id))

    def _over(self, call_id: str, reason: str) -> None:
        """Give back the slot of a call and count its end, once."""
        self._admission.release(call_id)
        if call_id not in self._counted:
            self._counted.add(call_id)
            self._stats.calls_ended[reason] += 1

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

    # The session and the end

    def _session_started(self, *, restored: bool) -> None:
        self._stats.connections += 1
        if restored:
            self._seen.connection_resumed()
            return
        self._seen.session_started()
        self._end_all(SessionLost)
        self._dialling.session_lost()

    def _end_all(self, error: type[SessionLost | ClientStopped]) -> None:
        if self._calls:
            logger.warning("{} calls of the former session are over: {}", len(self._calls), error.__name__)
        for call_id, call in self._calls.items():
            self._over(call_id, "lost")
            call.mailbox.offer(SessionEnded(error))

    def _drain(self) -> NoReply:
        """Take no new call; `on_receive` answers when none is left."""
        assert self.reply_to is not None
        if not self._draining:
            logger.info("draining; live calls: {}; new ones are passed on", len(self._calls))
        self._draining = True
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
                self._link.submit("calling.end", {"node_id": call.node_id, "call_id": call_id, "reason": "hangup"})
        if self._end_timer is None:
            self._end_timer = get_hub().loop.timer(timeout if self._link.up else 0)
            self._end_timer.start(self.ref.offer, Tick())
        return NO_REPLY

    def _stop_waiting(self) -> None:
        if self._end_timer is not None:
            self._end_timer.close()
            self._end_timer = None
        for call in self._calls.values():
            call.mailbox.offer(SessionEnded(ClientStopped))
        ending, self._ending = self._ending, []
        for future in ending:
            future.resolve(None)

    def on_undelivered(self, message: Any, reply_to: GreenletFuture[Any] | None) -> None:  # noqa: ARG002 - as inherited
        """Answer what was asked of a client that stops."""
        if reply_to is not None:
            reply_to.fail(ClientStopped())

    def on_stop(self) -> None:
        """End every call that is left."""
        for call in list(self._calls.values()):
            call.mailbox.offer(SessionEnded(ClientStopped))
        self._dialling.stop()
        for future in self._drained:
            future.fail(ClientStopped())
        if self._end_timer is not None:
            self._end_timer.close()

    def on_failure(self, *args: Any) -> None:
        """End every call that is left, and say why."""
        log_crash(args[1], "the subscription actor failed")
        self.on_stop()
