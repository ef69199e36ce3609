"""How a call sends commands."""

from __future__ import annotations

import time
from typing import Any

from relay_actors.call.facts import CallFacts
from relay_actors.call.messages import CallSetup
from relay_actors.wire.events import RelayEvent

__all__ = ["CallCommands"]


class CallCommands(CallFacts):
    """A call's commands, as they are: what they mean is for others to know."""

    __slots__ = ("_commanded", "_commands", "_kept")

    def __init__(self, setup: CallSetup) -> None:
        super().__init__(setup)
        self._commanded = False  # whether it has sent a command
        self._commands = 0  # how many commands wait for their reply
        self._kept: list[RelayEvent] | None = None  # what came meanwhile and nobody waited for

    def command(self, method: str, params: dict[str, Any], *, timeout: float | None = None) -> dict[str, Any]:
        """Send any call method with this call's address and return its result.

        Blocks the current greenlet until the reply, ``timeout`` seconds (default ``request_timeout``) at most.

        Raises:
            RelayError: the server refused it.
            RequestTimeout: no reply came in time.
            ConnectionLost: the connection dropped while the reply was awaited.
        """
        observer = self._setup.observer
        if observer is None:
            return self._exchange(method, params, timeout)
        began = observer.command_began(self, method)
        try:
            result = self._exchange(method, params, timeout)
        except BaseException as error:
            observer.command_over(began, error)
            raise
        observer.command_over(began, None)
        return result

    def _exchange(self, method: str, params: dict[str, Any], timeout: float | None) -> dict[str, Any]:
        setup = self._setup
        if timeout is None:
            timeout = setup.link.timing.request_timeout
        # No local name for them, which a call that waits for its reply would keep.
        pending = setup.link.submit(
            method, {"node_id": setup.node_id, "call_id": setup.call_id, **params}, timeout=timeout
        )
        if not self._commanded:
            self._note_first_command()
        if not self._commands:
            self._kept = None
        self._commands += 1
        try:
            self.wait_for_future(pending.future, timeout)
        finally:
            self._commands -= 1
        return pending.settle()

    def _note_first_command(self) -> None:
        self._commanded = True
        if self._setup.direction != "outbound":  # a dialled call is its caller's, who may take his time
            self._setup.link.stats.first_command_seconds.add(time.monotonic() - self.born)
