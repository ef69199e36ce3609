"""The phones of a test: callers who dial the app, and numbers that the app dials."""

from __future__ import annotations

from collections.abc import Callable

from relay_runtime.client.client import RelayClient
from relay_runtime.sandbox.sandbox import Sandbox
from relay_runtime.sandbox.script.script import Caller
from relay_runtime.testing.callee import LiveCallee
from relay_runtime.testing.caller import LiveCaller
from relay_runtime.testing.crashes import Crashes
from relay_runtime.testing.loop_client import LoopClient
from relay_runtime.testing.switchboard import Switchboard

__all__ = ["Phones"]


class Phones:
    """Live lines into a sandbox.

    >>> phones = Phones(sandbox)
    >>> phones.serve(client)
    >>> line = phones.caller("+15550100001").dials("office")
    >>> line.hears("Press 1").presses("1").hears("Goodbye").is_hung_up_on()

    Args:
        sandbox: the sandbox, which runs in this thread.
        on_dial: called with a context before a caller dials it, to have somebody subscribe to it; it may block.
    """

    def __init__(self, sandbox: Sandbox, *, on_dial: Callable[[str], object] | None = None) -> None:
        self._board = Switchboard(sandbox, on_dial)

    def __repr__(self) -> str:
        return f"<Phones {'closed' if self._board.closed else 'open'}>"

    @property
    def crashes(self) -> Crashes:
        """What crashed of the calls of the clients that are served."""
        return self._board.crashes

    def serve(self, client: RelayClient | LoopClient) -> Callable[[], None]:
        """Know a client: failures of lines say then where its code stands, and what of it crashed. Never blocks.

        An observer that the client has is told as before.

        Returns:
            What ends the keeping of crashes.

        Raises:
            RuntimeError: the client has begun to connect.
        """
        return self._board.serve(client)

    def caller(self, number: str = "+15550100001") -> LiveCaller:
        """Return somebody who calls from a number; `LiveCaller.dials` gives the line.

        Raises:
            ValueError: the number is empty.
            RuntimeError: the test is over.
        """
        self._board.check_open()
        return LiveCaller(self._board, Caller(number))

    def callee(self, number: str) -> LiveCallee:
        """Return somebody who answers a number from now on, and the line of calls to it.

        Args:
            number: the number, or SIP or resource address; ``*`` is every number that nobody else answers.

        Raises:
            ValueError: the number is empty.
            RuntimeError: the test is over.
        """
        if not isinstance(number, str) or not number:
            raise ValueError(f"a callee needs a number, not {number!r}")
        self._board.check_open()
        return LiveCallee(self._board, number)

    def close(self) -> None:
        """Put all phones down: calls that are up end, and lines can only be looked at. Never blocks."""
        self._board.close()
