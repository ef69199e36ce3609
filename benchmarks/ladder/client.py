"""A rung as a client: one connection, one app, made of the parts that its steps add."""

from benchmarks.clients.launch import CONTEXT, PROJECT, TOKEN, Launch
from benchmarks.ladder.commands import CheckedCommands, Commands, TemplateCommands
from benchmarks.ladder.line import Line
from benchmarks.ladder.reading import PlainReading, TypedReading, all_of
from benchmarks.ladder.rungs import COMMANDS, OWN, REDELIVERY, REUSE, TIMERS, TYPES
from benchmarks.ladder.serving import CallbackServing, GreenletServing, Serving
from benchmarks.plan import LEAST
from relay_actors.delivery.dedup import Dedup
from relay_actors.session.login import Login
from relay_actors.session.state import Credentials, Session
from relay_actors.telemetry.stats import Stats
from relay_runtime.websocket import ConnectionClosed, WebSocket, connect


class Client:
    """Serves calls over an open connection, with the steps of a rung and of all before it.

    Args:
        name: The rung's client.
        socket: The connection.
    """

    def __init__(self, name: str, socket: WebSocket) -> None:
        names = [rung.client for rung in OWN]
        steps = set(names[: names.index(name) + 1])
        self._socket = socket
        self._line = Line(socket)
        commands: Commands = CheckedCommands() if COMMANDS in steps else TemplateCommands()
        serving: Serving = (
            GreenletServing(commands, self._line, reused=REUSE in steps, deadlines=TIMERS in steps)
            if LEAST in steps
            else CallbackServing(commands, self._line)
        )
        dedup, stats = Dedup(), Stats()
        self._reading = (
            TypedReading(
                serving,
                commands.acknowledge,
                (lambda events: dedup.fresh(events, stats)) if REDELIVERY in steps else all_of,
            )
            if TYPES in steps
            else PlainReading(serving, commands.acknowledge)
        )

    def log_in(self) -> None:
        """Log in; blocks the current greenlet. What came early is handled."""
        credentials = Credentials(PROJECT, TOKEN)
        login = Login(lambda: self._socket, lambda: credentials, Session(contexts=(CONTEXT,)), "ladder")
        self._take(login.perform(self._socket, credentials).early)

    def serve(self) -> None:
        """Serve calls in the current greenlet until the connection ends."""
        try:
            while True:
                self._take(self._socket.receive_batch())
        except ConnectionClosed:
            return

    def _take(self, texts: list[str | bytes]) -> None:
        self._reading.take(texts, self._line.frames)
        self._line.flush()


def main(launch: Launch, name: str) -> None:
    """Connect, report, and serve as a rung until the connection ends."""
    client = Client(name, connect(f"ws://127.0.0.1:{launch.port}/"))
    client.log_in()
    launch.connected("relay-runtime")
    client.serve()
