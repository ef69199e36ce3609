"""A supervisor under test, with a scripted peer at the other end of its connections."""

from __future__ import annotations

from collections.abc import Callable, Sized
from typing import Any

import gevent
from doubles.actors import Collector
from doubles.connected import CREDENTIALS
from doubles.hub import LIMIT, until
from doubles.started import Started
from doubles.transport import ScriptedPeer

from relay_actors.kit.future import GreenletFuture
from relay_actors.kit.supervisor import Change
from relay_actors.session.ledger import NO_LEDGER, Ledger
from relay_actors.session.link import Link
from relay_actors.session.login import Login
from relay_actors.session.messages import Connect
from relay_actors.session.state import Session
from relay_actors.session.supervisor import ConnectionSupervisor
from relay_actors.timing import Timing

__all__ = ["Office"]


QUICK = Timing(backoff_first=0.001, backoff_limit=0.002, close_timeout=0.05, request_timeout=LIMIT)


class Office:
    """A supervisor with a scripted peer; ``states`` is the story of its states, ``live`` are its live calls."""

    def __init__(
        self,
        started: Started,
        timing: Timing = QUICK,
        *,
        live: Sized = (),
        chance: Callable[[], float] = lambda: 1.0,
        ledger: Ledger = NO_LEDGER,
    ) -> None:
        self.peer = ScriptedPeer()
        self.link = Link(timing, ledger=ledger)
        self.states: list[str] = []
        self.details: list[str] = []
        self.subscription = started(Collector())
        self.messaging = started(Collector())
        self.actor = ConnectionSupervisor(
            lambda session: Login(self.peer.connect, lambda: CREDENTIALS, session, "tests/1.0"),
            (self.subscription.ref, self.messaging.ref),
            self.link,
            timing,
            session=Session(contexts=("office",)),
            observer=self.note,
            live=lambda: len(live) > 0,
            chance=chance,
        )
        self.link.supervisor = self.actor.ref
        started(self.actor)

    def note(self, change: Change) -> None:
        self.states.append(change.state)
        self.details.append(change.detail)

    def ask(self, message: Any) -> GreenletFuture[Any]:
        return self.actor.ref.request(message)

    def connect(self) -> None:
        self.ask(Connect()).get(timeout=LIMIT)

    def reaches(self, state: str, count: int = 1) -> None:
        until(lambda: self.states.count(state) >= count, f"the state {state}")

    def execute(
        self, method: str = "calling.play", timeout: float | None = None, **params: Any
    ) -> gevent.Greenlet[..., Any]:
        return gevent.spawn(self.link.execute, method, params, timeout=timeout)

    def logins(self) -> list[dict[str, Any]]:
        return [request["params"] for request in self.peer.requests("signalwire.connect")]
