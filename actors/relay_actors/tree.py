"""The tree of actors behind one client: started in order, started again when one fails, stopped in reverse.

::

    client                             Supervisor, one for one, restart intensity of `Timing`
    ├── messaging                      MessagingActor
    ├── subscription                   SubscriptionActor; the calls are actors of their own
    └── connection-supervisor          ConnectionSupervisor
        └── connection                 ConnectionActor; backoff, and no limit

An actor that fails is started again with what must not be lost: the live calls, the watched messages, the session.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from typing import Any, Final

import pykka

from relay_actors.call.crash_policy import HANGUP, CrashPolicy
from relay_actors.call.messages import SessionEnded
from relay_actors.call.observer import CallObserver
from relay_actors.delivery.handler_pool import HandlerPool
from relay_actors.delivery.unrouted import SetEventHandlers, Unrouted
from relay_actors.errors import ClientStopped
from relay_actors.kit import clock
from relay_actors.kit.actor import GreenletRef
from relay_actors.kit.child import ChildSpec
from relay_actors.kit.future import GreenletFuture
from relay_actors.kit.guard import OnlookerGuard
from relay_actors.kit.log import logger
from relay_actors.kit.name import Name
from relay_actors.kit.restarts import Intensity
from relay_actors.kit.supervisor import Change, Supervisor
from relay_actors.messaging.actor import MessagingActor, SetMessageHandler
from relay_actors.messaging.roster import MessageRoster
from relay_actors.routing.admission import Admission
from relay_actors.routing.hangups import refusal
from relay_actors.routing.inheritance import Inheritance
from relay_actors.routing.messages import Adopt, Drain, EndCalls, RemoveContexts, SetCallHandler
from relay_actors.routing.roster import CallRoster, UpIds
from relay_actors.routing.subscription import SubscriptionActor
from relay_actors.session.ledger import NO_LEDGER, Ledger
from relay_actors.session.link import Link
from relay_actors.session.login import Login
from relay_actors.session.messages import Connect, CredentialsRenewed, Disconnect, ResumeSession
from relay_actors.session.state import Session
from relay_actors.session.supervisor import ConnectionState, ConnectionSupervisor
from relay_actors.telemetry.stats import Stats
from relay_actors.timing import Timing

__all__ = ["ROOT", "Tree"]

ROOT: Final = "client"
_GRACE: Final = 1.0
_STOP: Final = 4.0  # three children, a second each
_NAMED: Final = 100  # calls in one line of the log


class Tree:
    """The running actors of a client.

    Attributes:
        link: the way of commands to the connection.
        root: supervises the others.
        subscription: routes events and admits calls.
        messaging: takes care of messages.
        supervisor: keeps the connection up.
        draining: whether no new call is made or taken any more.
        failed: whether it has no connection, and gets none by itself.
        left_up: after `stop`, the ids of the calls that may be up still: the server has taken no hang-up of them.
    """

    def __init__(
        self,
        make_login: Callable[[Session], Login],
        admission: Admission,
        stats: Stats,
        timing: Timing,
        contexts: tuple[str, ...],
        on_change: Callable[[Change], object],
        when_crashed: CrashPolicy = HANGUP,
        observer: CallObserver | None = None,
        client: Any = None,
        ledger: Ledger = NO_LEDGER,
    ) -> None:
        self._make_login = make_login
        self._admission = admission
        self._stats = stats
        self._timing = timing
        self._on_change = on_change
        self._guarded = OnlookerGuard("an observer of the client")
        limits = timing.handlers_at_once, timing.handlers_waiting
        events = HandlerPool(*limits)
        self._calls = CallRoster(Unrouted(timing.early_ttl, stats, events), contexts, when_crashed, observer, client)
        self._messages = MessageRoster(Unrouted(timing.early_ttl, stats, events), HandlerPool(*limits))
        self._wanted_up = False
        self.draining = self.failed = False
        self.left_up: tuple[str, ...] = ()
        self._watchers: dict[Callable[[], object], None] = {}  # told in order
        self.link = Link(timing, stats=stats, ledger=ledger)
        self.link.session = Session(contexts=contexts)
        self.messaging = Name("messaging")
        self.subscription = Name("subscription")
        self.supervisor = self.link.supervisor = Name("connection-supervisor")
        children = (
            ChildSpec(name=self.messaging.name, start=self._start_messaging),
            ChildSpec(name=self.subscription.name, start=self._start_subscription),
            ChildSpec(name=self.supervisor.name, start=self._start_connection_supervisor),
        )
        intensity = Intensity(timing.restart_intensity, timing.restart_period)
        self.root: GreenletRef = Supervisor.start(ROOT, children, intensity=intensity, observer=self._noticed)

    def _start_messaging(self) -> GreenletRef:
        ref: GreenletRef = MessagingActor.start(self._timing, self._stats, self._messages, address=self.messaging)
        self.messaging.publish(ref)
        return ref

    def _start_subscription(self) -> GreenletRef:
        ref: GreenletRef = SubscriptionActor.start(
            self.link, self._admission, self._stats, self._calls, address=self.subscription
        )
        self.subscription.publish(ref)
        return ref

    def _start_connection_supervisor(self) -> GreenletRef:
        ref: GreenletRef = ConnectionSupervisor.start(
            self._make_login,
            (self.subscription, self.messaging),
            self.link,
            self._timing,
            session=self.link.session,
            connect=self._wanted_up,
            name=f"{ROOT}/{self.supervisor.name}",
            observer=self._noticed,
            live=lambda: self._calls.live,
        )
        self.supervisor.publish(ref)
        return ref

    def _noticed(self, change: Change) -> None:
        """Take a change of the tree, in the greenlet of a supervisor."""
        if change.supervisor == ROOT and not change.child:
            self.failed = True
            logger.critical("the client fails: {}", change.detail)
            self._hang_up_all()
        elif change.state == ConnectionState.FAILED:
            self.failed = True
        self._guarded(self._on_change, change)
        self._tell_watchers()

    def watch(self, told: Callable[[], object]) -> Callable[[], object]:
        """Call ``told()``, which must not block, when calls can be made again or no more; return what ends that.

        That is: the connection comes up or goes, the client drains, stops, or fails.
        """
        self._watchers[told] = None
        return partial(self._watchers.pop, told, None)

    def _tell_watchers(self) -> None:
        for told in tuple(self._watchers):
            self._guarded(told)

    def _hang_up_all(self) -> None:
        """Leave nobody on the line when the tree is about to end. Blocks for ``stop_timeout`` seconds at most."""
        end, calls = clock.monotonic() + self._timing.stop_timeout, self._calls
        up, calls.stopping = calls.up(), True
        replies = {}
        for call_id, node_id in up.items() if self.link.up else ():
            address = {"node_id": node_id, "call_id": call_id}
            replies[call_id] = self.link.submit("calling.end", {**address, "reason": "error"})
        calls.unserved.clear()
        calls.abandoned.update(up)
        for call_id, future in replies.items():
            if future.wait(max(0.0, end - clock.monotonic())) and refusal(future) is None:
                del calls.abandoned[call_id]
        self._end_waits()

    def _end_waits(self) -> None:
        """End what an actor that failed for good has left waiting. Never blocks."""
        for live in list(self._calls.calls.values()):
            live.ref.offer(SessionEnded(ClientStopped))
        for message, _ in self._messages.tracked.values():
            message.abandon(ClientStopped())
        self._messages.tracked.clear()

    def serve_calls(self, factory: Callable[..., Any] | None) -> None:
        """Serve inbound calls by actors that ``factory`` makes. Never blocks."""
        self.subscription.offer(SetCallHandler(factory))

    def serve_messages(self, handler: Callable[[Any], object] | None) -> None:
        """Give inbound messages to ``handler``. Never blocks."""
        self.messaging.offer(SetMessageHandler(handler))

    def serve_events(self, event: Callable[[Any], object] | None, task: Callable[[Any], object] | None) -> None:
        """Give what belongs to no call to ``event``, and tasks to ``task``. Never blocks."""
        for actor in (self.subscription, self.messaging):
            actor.offer(SetEventHandlers(event, task))

    def adopt(self, inheritance: Inheritance) -> GreenletFuture[Any]:
        """Resume the session of a process that has died, and go on with its calls; return the future of the login.

        For a tree that has no session yet: it takes no calls of its own. Never blocks.
        """
        self.draining = True
        self.link.session = inheritance.session  # for a supervisor that starts only now
        self.subscription.offer(Adopt(inheritance))
        self.supervisor.offer(ResumeSession(inheritance.session))
        return self.connect()

    def connect(self) -> GreenletFuture[Any]:
        """Ask for the connection; return the future of its login. Never blocks."""
        self._wanted_up = True
        self.failed = self.root.mailbox.closed
        return self.supervisor.request(Connect())

    def renewed(self) -> None:
        """Note that the next login has other credentials. Never blocks."""
        self.supervisor.offer(CredentialsRenewed())

    @property
    def cut_off(self) -> bool:
        """Whether calls were hung up by `stop`, which did not end by themselves."""
        return self._calls.cut_off

    @property
    def awaits_session(self) -> bool:
        """Whether the session that it was to adopt calls of is not resumed yet."""
        return self._calls.inherited is not None

    def up(self) -> dict[str, str]:
        """Return the calls that are up and ours to end, from their id to their node; see `CallRoster.up`.

        Those that wait for their session are among them.
        """
        up, inherited = self._calls.up(), self._calls.inherited
        return up if inherited is None else up | inherited.calls()

    def up_ids(self) -> Collection[str]:
        """Return the ids of the calls that `up` returns, as they are whenever they are looked at or counted."""
        return UpIds(self._calls) if self._calls.inherited is None else self.up()

    def drain(self, contexts: tuple[str, ...], timeout: float) -> bool:
        """Leave the contexts, take no new call, and wait until no call is left. Blocks the current greenlet.

        Args:
            contexts: the contexts that the server routes here.
            timeout: seconds to wait at most.

        Returns:
            Whether every call ended in time.
        """
        deadline = clock.monotonic() + timeout
        self.draining = True
        self._tell_watchers()
        drained = self.subscription.request(Drain())
        self.subscription.offer(RemoveContexts(contexts))
        if contexts and self.link.up:
            # What the server offers until its reply is passed on; after it, nothing more comes.
            limit = min(timeout, self._timing.request_timeout)
            self.link.submit("signalwire.unreceive", {"contexts": list(contexts)}, timeout=limit).wait(limit)
        if not drained.wait(max(0.0, deadline - clock.monotonic())):
            return False
        try:
            drained.get()
        except (ClientStopped, pykka.ActorDeadError):
            return False  # somebody else ended the calls
        return True

    def stop(self) -> None:
        """End calls, close the connection, stop the actors. Blocks the current greenlet, bounded by `Timing`."""
        timing, reconnect = self._timing, 0.0 if self.failed else self._timing.hangup_timeout
        self.failed = True
        self._tell_watchers()
        try:
            if not self.root.mailbox.closed:
                self.subscription.offer(RemoveContexts(self._calls.contexts))  # a login meanwhile asks for no calls
                ended = self.subscription.request(EndCalls(timing.stop_timeout, reconnect))
                ended.wait(timing.stop_timeout + reconnect + _GRACE)
                self._wanted_up = False
                self.supervisor.request(Disconnect()).wait(timing.close_timeout + _GRACE)
        finally:
            self._wanted_up = False
            for name in (self.supervisor, self.subscription, self.messaging):
                name.close()
            self.link.connection = None
            self._stop_root()
            self._end_waits()
            self._tell_left_up()

    def _tell_left_up(self) -> None:
        """Name the calls that may be up still: nobody else knows of them from now on."""
        ids = self.left_up = tuple(dict.fromkeys((*self.up(), *sorted(self._calls.forgotten))))
        for first in range(0, len(ids), _NAMED):
            named = ", ".join(ids[first : first + _NAMED])
            logger.error("calls may be up still, since the server took no hang-up of them: {}", named)

    def _stop_root(self) -> None:
        try:
            self.root.stop(block=False)
        except pykka.ActorDeadError:
            return
        if not self.root.join(_STOP):
            self.root.kill()
