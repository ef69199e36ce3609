"""The tree of actors behind one client: started in order, stopped in reverse."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pykka

from relay_actors.admission import Admission
from relay_actors.connection import Login
from relay_actors.crash_policy import HANGUP, CrashPolicy
from relay_actors.errors import ClientStopped
from relay_actors.future import GreenletFuture
from relay_actors.greenlet import GreenletRef
from relay_actors.link import Link
from relay_actors.messages import Connect, Disconnect, Drain, EndCalls, RemoveContexts, SetCallHandler, SetEventHandlers
from relay_actors.messaging import MessagingActor, SetMessageHandler
from relay_actors.session import Session
from relay_actors.stats import Stats
from relay_actors.subscription import SubscriptionActor
from relay_actors.supervisor import Supervisor
from relay_actors.timing import Timing

__all__ = ["Tree"]

_GRACE = 1.0


class Tree:
    """The running actors of a client.

    Attributes:
        link: the way of commands to the connection.
        subscription: routes events and admits calls.
        messaging: takes care of messages.
        supervisor: keeps the connection up.
        draining: whether no new call is made or taken any more.
    """

    def __init__(
        self,
        make_login: Callable[[Session], Login],
        admission: Admission,
        stats: Stats,
        timing: Timing,
        contexts: tuple[str, ...],
        on_change: Callable[[str, str], None],
        when_crashed: CrashPolicy = HANGUP,
    ) -> None:
        self._timing = timing
        self.draining = False
        self.link = Link(timing)
        self.subscription: GreenletRef = SubscriptionActor.start(self.link, admission, stats, contexts, when_crashed)
        self.messaging: GreenletRef = MessagingActor.start(timing, stats)
        self.supervisor: GreenletRef = Supervisor.start(
            make_login,
            (self.subscription, self.messaging),
            self.link,
            timing,
            contexts=contexts,
            on_change=on_change,
        )
        self.link.supervisor = self.supervisor

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

    def connect(self) -> GreenletFuture[Any]:
        """Ask for the connection; return the future of its login. Never blocks."""
        return self.supervisor.request(Connect())

    def drain(self, contexts: tuple[str, ...], timeout: float) -> bool:
        """Leave the contexts, take no new call, and wait until no call is left. Blocks the current greenlet.

        Args:
            contexts: the contexts that the server routes here.
            timeout: seconds to wait at most.

        Returns:
            Whether every call ended in time.
        """
        deadline = time.monotonic() + timeout
        self.draining = True
        drained = self.subscription.request(Drain())
        self.subscription.offer(RemoveContexts(contexts))
        if contexts and self.link.up:
            # What the server offers until its reply is passed on; after it, nothing more comes.
            left = self.link.submit("signalwire.unreceive", {"contexts": list(contexts)}, timeout=timeout)
            left.future.wait(timeout)
        if not drained.wait(max(0.0, deadline - time.monotonic())):
            return False
        try:
            drained.get()
        except (ClientStopped, pykka.ActorDeadError):
            return False  # somebody else ended the calls
        return True

    def stop(self) -> None:
        """End calls, close the connection, stop the actors. Blocks the current greenlet, bounded by `Timing`."""
        timing = self._timing
        try:
            self.subscription.request(EndCalls(timing.stop_timeout)).wait(timing.stop_timeout + _GRACE)
            self.supervisor.request(Disconnect()).wait(timing.close_timeout + _GRACE)
        finally:
            self.link.supervisor = None
            self.link.connection = None
            for actor in (self.supervisor, self.messaging, self.subscription):
                actor.stop(block=False)
            for actor in (self.supervisor, self.messaging, self.subscription):
                if not actor.join(_GRACE):
                    actor.kill()
