"""Sends commands from any greenlet to whichever connection is up.

The connection actor dies with its socket; those who send commands live on. They hold a `Link`: it hands a command to
the connection that is up, or to the supervisor, whose outbox keeps it for the next one. What it knows is published by
one writer, the supervisor, as immutable values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from relay_actors.errors import NotConnected, RequestTimeout
from relay_actors.kit import clock
from relay_actors.kit.ids import new_id
from relay_actors.session.command import Command
from relay_actors.session.ledger import NO_LEDGER, Ledger
from relay_actors.session.messages import Abandon
from relay_actors.session.state import Session
from relay_actors.telemetry.stats import UNSENT, Stats
from relay_actors.wire.frames import request

if TYPE_CHECKING:
    from relay_actors.kit.actor import GreenletRef
    from relay_actors.kit.name import Name
    from relay_actors.timing import Timing

__all__ = ["Link"]


class Link:
    """Sends commands to the server by way of the connection that is up.

    Attributes:
        supervisor: the actor that owns the outbox, or None before the first connect and after the last disconnect.
        connection: the connection actor that is logged in, or None.
        session: the session of the connection that is up, or the one that the next connection resumes.
        stats: where those who send commands count.
        ledger: where is written down what a successor would have to know.
    """

    def __init__(
        self,
        timing: Timing,
        clock: Callable[[], float] = clock.monotonic,
        *,
        stats: Stats | None = None,
        ledger: Ledger = NO_LEDGER,
    ) -> None:
        self.timing = timing
        self.stats = Stats() if stats is None else stats
        self.ledger = ledger
        self.supervisor: Name | GreenletRef | None = None
        self.connection: GreenletRef | None = None
        self.session = Session()
        self._clock = clock

    @property
    def protocol(self) -> str:
        """The name of the current session, or an empty string."""
        return self.session.protocol

    @property
    def up(self) -> bool:
        """Whether a connection is logged in at this moment."""
        return self.connection is not None

    def submit(
        self,
        method: str,
        params: dict[str, Any],
        *,
        timeout: float | None = None,
        command: Command | None = None,
    ) -> Command:
        """Send a command, or queue it while there is no connection, and return it. Never blocks.

        Args:
            method: the method's name on the wire.
            params: its params.
            timeout: seconds until its reply must be there; None takes the configured ``request_timeout``.
            command: for who has to know it beforehand; None makes one.

        Raises:
            TypeError: if a param has no JSON form.
        """
        if command is None:
            command = Command()
        command.identity = identity = new_id()
        command.method = method
        command.frame = request(identity, method, params)
        command.deadline = self._clock() + (self.timing.request_timeout if timeout is None else timeout)
        self.forward(command)
        return command

    def forward(self, command: Command) -> None:
        """Hand a command to the connection that is up, else to the supervisor's outbox. Never blocks."""
        connection = self.connection
        if connection is not None and connection.mailbox.offer(command):
            return
        if self.supervisor is None or not self.supervisor.offer(command):
            command.fail(NotConnected(f"{command.method} was not sent: call connect() first"))

    def settle(self, command: Command) -> dict[str, Any]:
        """Return the result of a command without waiting: one that is not answered yet has timed out.

        Raises:
            RelayError: the server refused, or the connection was lost (`ConnectionLost`).
            NotConnected: the client was not connected, or was disconnected.
            RequestTimeout: there is no reply.
        """
        if not command.done():
            self.abandon(command)
            how = "it was sent, but no reply came" if command.sent else "it was not sent: there is no connection"
            if not command.sent:
                self.stats.command_failed(command.method, UNSENT)
            command.fail(RequestTimeout(f"{command.method} timed out; {how}", sent=command.sent))
        try:
            result: dict[str, Any] = command.get()
        except NotConnected:
            self.stats.command_failed(command.method, UNSENT)
            raise
        return result

    def abandon(self, command: Command) -> None:
        """Say that nobody waits for a command's reply any more. Never blocks."""
        message = Abandon(command.identity)
        if self.connection is not None:
            self.connection.offer(message)
        if self.supervisor is not None:
            self.supervisor.offer(message)

    def execute(self, method: str, params: dict[str, Any], *, timeout: float | None = None) -> dict[str, Any]:
        """Send a command and return its result; see `settle`. Blocks the current greenlet until its deadline."""
        command = self.submit(method, params, timeout=timeout)
        command.wait(command.remaining())
        return self.settle(command)
