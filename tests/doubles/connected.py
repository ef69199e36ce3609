"""A connection actor with neighbours that keep what they get, and a scripted peer at the other end."""

from __future__ import annotations

from typing import Any

import pykka
from doubles.actors import Collector
from doubles.commands import command
from doubles.hub import until
from doubles.started import Started
from doubles.transport import ScriptedPeer

from relay_actors.kit import clock
from relay_actors.kit.actor import Down
from relay_actors.kit.ids import new_id
from relay_actors.session.command import Command
from relay_actors.session.connection import ConnectionActor, Neighbours
from relay_actors.session.ledger import NO_LEDGER, Ledger
from relay_actors.session.login import Login
from relay_actors.session.messages import ConnectionUp, EventsReceived
from relay_actors.session.state import Credentials, Session
from relay_actors.telemetry.stats import Stats
from relay_actors.timing import Timing
from relay_actors.wire.events import RelayEvent
from relay_actors.wire.frames import request

__all__ = ["CREDENTIALS", "Wired"]

CREDENTIALS = Credentials(project="the-project", token="PT-secret-token")


class Wired:
    """One connection under test.

    Attributes:
        peer: the server's side.
        supervisor, subscription, messaging: collectors in the place of its neighbours.
        actor: the connection actor.
    """

    def __init__(
        self,
        started: Started,
        peer: ScriptedPeer,
        timing: Timing,
        session: Session | None = None,
        ledger: Ledger = NO_LEDGER,
    ) -> None:
        self.peer = peer
        self.supervisor = started(Collector())
        self.supervisor.block = True
        self.subscription = started(Collector())
        self.messaging = started(Collector())
        neighbours = Neighbours(self.supervisor.ref, self.subscription.ref, self.messaging.ref)
        login = Login(peer.connect, lambda: CREDENTIALS, session or Session(contexts=("office",)), "tests/1.0", Stats())
        self.stats = login.stats
        self.actor = ConnectionActor(login, neighbours, timing, ledger)
        self.actor.ref.monitor(self.supervisor.ref)
        started(self.actor)

    def up(self) -> ConnectionUp:
        """Wait for the login; return what the supervisor was told."""
        return until(lambda: self.supervisor.of(ConnectionUp), "the login")[0]

    def down(self) -> BaseException | None:
        """Wait for the end of the connection; return its reason."""
        return until(lambda: self.supervisor.of(Down), "the end of the connection")[0].reason

    def send(self, method: str = "calling.play", *, seconds: float = 100.0, **params: Any) -> Command:
        """Hand the connection a command, and return it."""
        identity = new_id()
        frame = request(identity, method, params)
        asked = command(identity, deadline=clock.monotonic() + seconds, frame=frame, method=method)
        if not self.actor.ref.offer(asked):
            asked.fail(pykka.ActorDeadError())
        return asked

    def events(self, receiver: Collector | None = None) -> list[RelayEvent]:
        batches = (receiver or self.subscription).of(EventsReceived)
        return [event for batch in batches for _, event in batch.events]
