"""Actors that stand in for neighbours: they do what neighbours do, and keep what they get."""

from __future__ import annotations

from typing import Any

import msgspec
from doubles.hub import until

from relay_actors.errors import ConnectionLost, RelayError
from relay_actors.kit.actor import NO_REPLY, GreenletActor, GreenletRef, NoReply
from relay_actors.kit.future import GreenletFuture
from relay_actors.session.command import Command
from relay_actors.session.link import Link
from relay_actors.session.messages import Abandon
from relay_actors.timing import Timing

__all__ = ["Collector", "Switchboard", "linked"]


class Collector(GreenletActor):
    """Keeps every message in ``received``; with ``block`` it answers no ask."""

    def __init__(self) -> None:
        super().__init__()
        self.received: list[Any] = []
        self.asks: list[GreenletFuture[Any]] = []
        self.block = False

    def on_receive(self, message: Any) -> NoReply | None:
        self.received.append(message)
        answer = message if isinstance(message, Command) else self.reply_to
        if answer is not None and self.block:
            self.asks.append(answer)
            return NO_REPLY
        if answer is message:
            answer.resolve(None)
        return None

    def of(self, kind: type) -> list[Any]:
        return [message for message in self.received if isinstance(message, kind)]


class Switchboard(GreenletActor):
    """A connection that answers commands by itself.

    Attributes:
        sent: method and params of each command, in order.
        answers: from method to a result or an error; a plain 200 otherwise.
        commands: all of them, in order.
        withheld: methods that are not answered; `release` answers them.
    """

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.commands: list[Command] = []
        self.answers: dict[str, dict[str, Any] | RelayError] = {}
        self.withheld: set[str] = set()
        self.abandoned: list[str] = []
        self._open: list[Command] = []

    def on_receive(self, message: Any) -> NoReply | None:
        if isinstance(message, Command):
            message.sent = True
            self.commands.append(message)
            self.sent.append((message.method, msgspec.json.decode(message.frame)["params"]))
            if message.method in self.withheld:
                self._open.append(message)
            else:
                self._answer(message)
        elif isinstance(message, Abandon):
            self.abandoned.append(message.identity)
        return NO_REPLY

    def _answer(self, command: Command) -> None:
        answer = self.answers.get(command.method, {"code": "200", "message": "OK"})
        if isinstance(answer, RelayError):
            command.fail(answer)
        else:
            command.resolve(answer)

    def on_undelivered(self, message: Any, reply_to: GreenletFuture[Any] | None) -> None:
        """Lose what waits for an answer, as the connection does."""
        if isinstance(message, Command):
            message.fail(ConnectionLost())
        else:
            super().on_undelivered(message, reply_to)

    def release(self) -> None:
        """Answer what was withheld."""
        self.withheld.clear()
        waiting, self._open = self._open, []
        for command in waiting:
            self._answer(command)

    def lose(self) -> None:
        """Break the connection under what was withheld."""
        waiting, self._open = self._open, []
        for command in waiting:
            command.fail(ConnectionLost())

    def methods(self) -> list[str]:
        return [method for method, _ in self.sent]

    def params(self, method: str) -> list[dict[str, Any]]:
        return [params for name, params in self.sent if name == method]

    def wait_for(self, method: str, count: int = 1) -> dict[str, Any]:
        """Wait for the ``count``-th command of a method, and return its params."""
        return until(lambda: self.params(method)[count - 1 : count], f"command {count} of {method}")[0]


def linked(connection: GreenletRef | None, timing: Timing, supervisor: GreenletRef | None = None) -> Link:
    """A link to a connection that is up, or to none."""
    link = Link(timing)
    link.connection = connection
    link.supervisor = supervisor
    return link
