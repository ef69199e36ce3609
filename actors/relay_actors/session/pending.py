"""Keeps the commands of a connection that were written and have no reply yet.

Part of the connection actor, in its greenlet; never blocks.
"""

from __future__ import annotations

from typing import Final

from relay_actors.errors import CommandTooLarge, ConnectionLost, RelayError, RequestTimeout
from relay_actors.session.command import Command
from relay_actors.session.replies import read_reply
from relay_actors.telemetry.stats import LOST, REFUSED, TIMEOUT, Stats
from relay_actors.wire.frames import Frame

__all__ = ["PendingCommands"]

_NEVER_TOO_LARGE: Final = 1024  # bytes; a server that refuses less could not be used at all


class PendingCommands:
    """Matches replies to commands; each command ends once: by its reply, by its deadline, or with the connection.

    Args:
        stats: where the outcomes are counted.
    """

    __slots__ = ("_asked", "_largest_given_up", "_stats")

    def __init__(self, stats: Stats) -> None:
        self._stats = stats
        self._largest_given_up = 0  # bytes
        self._asked: dict[str, Command] = {}

    def __len__(self) -> int:
        return len(self._asked)

    def add(self, command: Command, written: float) -> None:
        """Wait for the reply to a command that was written just now."""
        self._asked[command.identity] = command
        command.sent, command.written = True, written

    def settle(self, frame: Frame, now: float) -> bool:
        """Give a reply, taken at ``now``, to the one who waits for it; return False when nobody does."""
        command = self._asked.pop(frame.id, None) if type(frame.id) is str else None
        if command is None:
            return False
        self._stats.command_seconds[command.method].add(now - command.written)
        result = frame.result
        if type(result) is dict and result.get("code") == "200":
            command.resolve(result)  # what almost all replies say
        elif isinstance(reply := read_reply(frame), RelayError):
            self._stats.command_failed(command.method, REFUSED)
            command.fail(reply)
        else:
            command.resolve(reply)
        return True

    def abandon(self, identity: str) -> bool:
        """Forget a command that nobody waits for any more: it timed out. Return False when it was not pending."""
        command = self._asked.pop(identity, None)
        if command is None:
            return False
        self._give_up(command)
        return True

    def _give_up(self, command: Command) -> None:
        self._largest_given_up = max(self._largest_given_up, len(command.frame))
        self._stats.command_failed(command.method, TIMEOUT)

    def expire(self, now: float) -> bool:
        """End commands that got no reply in time and have nobody who would abandon them; return whether any had."""
        late = [command for command in self._asked.values() if command.deadline <= now]
        for command in late:
            del self._asked[command.identity]
            self._give_up(command)
            command.fail(RequestTimeout(f"{command.method} timed out; it was sent, but no reply came", sent=True))
        return bool(late)

    def lose(self, why: str, *, too_large: bool = False) -> int | None:
        """End all that is pending: the connection is lost.

        The frame that was too large is one that the server has not answered. Which of them it was nobody knows, but the
        largest is not smaller.

        Args:
            why: why it is lost.
            too_large: whether the server has closed it over the size of a frame.

        Returns:
            The bytes of a frame that the server does not take, if that was it and is known.
        """
        lost, self._asked = self._asked, {}
        largest = max(self._largest_given_up, *(len(command.frame) for command in lost.values()), 0)
        refused = largest if too_large and largest >= _NEVER_TOO_LARGE else None
        for command in lost.values():
            method, size = command.method, len(command.frame)
            self._stats.command_failed(method, LOST)
            if refused is None or size < refused:
                command.fail(ConnectionLost(f"the connection was lost before {method} was answered: {why}"))
            else:
                said = (
                    f"{method} is too large for the server, which closed the connection over its {size:,} bytes (1009)"
                )
                command.fail(CommandTooLarge(said, size=size, limit=size))
        return refused
