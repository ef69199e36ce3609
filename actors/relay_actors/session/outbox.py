"""Keeps commands while there is no connection: bounded, in order, each until its own deadline."""

from __future__ import annotations

from collections.abc import Callable

from relay_actors.errors import RequestTimeout
from relay_actors.kit import clock
from relay_actors.session.command import Command

__all__ = ["CommandOutbox"]


class CommandOutbox:
    """A queue of commands."""

    def __init__(self, limit: int, clock: Callable[[], float] = clock.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._commands: dict[str, Command] = {}

    def __len__(self) -> int:
        return len(self._commands)

    def put(self, command: Command) -> bool:
        """Keep a command; return False when the outbox is full of commands that somebody still waits for."""
        if len(self._commands) >= self._limit:
            self._expire()
        if len(self._commands) >= self._limit:
            return False
        self._commands[command.identity] = command
        return True

    def drop(self, identity: str) -> None:
        """Forget a command that nobody waits for any more."""
        self._commands.pop(identity, None)

    def take_all(self) -> list[Command]:
        """Empty the outbox; return what somebody still waits for, oldest first."""
        self._expire()
        commands, self._commands = self._commands, {}
        return list(commands.values())

    def _expire(self) -> None:
        now = self._clock()
        for command in list(self._commands.values()):
            if command.done() or command.deadline <= now:
                del self._commands[command.identity]
                # Who waits has gone by now; who has left a callback is told.
                command.fail(RequestTimeout(f"{command.method} timed out; it was not sent: no connection", sent=False))
