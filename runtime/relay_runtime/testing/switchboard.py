"""What all lines of a test share: the sandbox, the clients that are tested, and what crashed of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from typing import Final, NamedTuple

import relay_actors
import relay_runtime
from relay_actors.kit.crash_log import kept_by
from relay_actors.session.supervisor import ConnectionState
from relay_actors.telemetry.status import CallStatus
from relay_runtime.client.client import RelayClient
from relay_runtime.sandbox.sandbox import Sandbox
from relay_runtime.sandbox.script.performer import Performer
from relay_runtime.sandbox.script.run import Run
from relay_runtime.testing.crashes import Crashes
from relay_runtime.testing.loop_client import LoopClient

__all__ = ["NO_CODE", "FarEnd", "Switchboard"]

NO_CODE: Final = "no code of the app runs in this call now"

_OURS: Final = tuple(f"{folder}{os.sep}" for package in (relay_actors, relay_runtime) for folder in package.__path__)
"""Where code of this runtime stands: it waits for its own sake when there is no frame of the app's."""


class FarEnd(NamedTuple):
    """The far end of one call.

    Attributes:
        run: what became of the call.
        performer: takes steps, and outlives the call.
    """

    run: Run
    performer: Performer


class Switchboard:
    """Connects the lines of a test with a sandbox, and knows whom they talk to.

    Args:
        sandbox: the sandbox.
        on_dial: called with a context before a call to it is placed; it may block.

    Attributes:
        sandbox: see above.
        on_dial: see above.
        crashes: what crashed of the calls of its clients.
        closed: whether the test is over.
    """

    def __init__(self, sandbox: Sandbox, on_dial: Callable[[str], object] | None = None) -> None:
        self.sandbox = sandbox
        self.on_dial = on_dial
        self.crashes = Crashes()
        self.closed = False
        self._clients: list[RelayClient | LoopClient] = []
        self._takers: list[Callable[[FarEnd], bool]] = []
        self._runs: list[Run] = []
        self._keeping = ExitStack()
        self._unwatch = sandbox.watch(self._made)

    def serve(self, client: RelayClient | LoopClient) -> Callable[[], None]:
        """Know a client whose calls the lines have to do with; see `Phones.serve`."""
        if client.state != ConnectionState.STOPPED:
            raise RuntimeError("the client has begun to connect; its crashes are kept from before that on")
        self._clients.append(client)
        keeping = self._keeping.enter_context(ExitStack())
        keeping.enter_context(kept_by(self.crashes.logged))
        return keeping.close

    def take(self, taker: Callable[[FarEnd], bool]) -> Callable[[], None]:
        """Offer each new far end to ``taker``, which returns whether it takes it; return what ends that."""
        self._takers.append(taker)
        return lambda: self._takers.remove(taker)

    def _made(self, run: Run) -> None:
        if run.performer is None:
            return
        far_end = FarEnd(run, run.performer)
        if any(taker(far_end) for taker in self._takers):
            self._runs.append(run)

    def check_open(self) -> None:
        """Refuse what comes when the test is over.

        Raises:
            RuntimeError: it is.
        """
        if self.closed:
            raise RuntimeError("the test kit is closed: a line belongs to the test that it was made in")

    def close(self) -> None:
        """Have all lines put their phones down, and take no further call. Never blocks; a second time does nothing."""
        if self.closed:
            return
        self.closed = True
        self._unwatch()
        self._keeping.close()
        for run in self._runs:
            run.hang_up()

    def contexts(self) -> list[str]:
        """Return the contexts that somebody has subscribed to, in the order of the alphabet."""
        return self.sandbox.exchange.contexts()

    def dialled(self) -> list[str]:
        """Return the numbers that were dialled by clients, in order."""
        return [run.number for run in self.sandbox.runs() if run.who == "callee"]

    def stands(self, call_id: str) -> str:
        """Say where the code of one call stands; an empty text if none runs.

        Blocks the current greenlet for two seconds at most.
        """
        for client in self._clients:
            status = client.call_status(call_id)
            if status is not None:
                return _stands(status)
        return ""

    def all_stand(self) -> str:
        """Say where the code of all live calls stands; blocks as `stands` does."""
        live = [status for client in self._clients for status in client.live_calls()]
        return "\n".join(f"call {status.call_id}: {_stands(status) or NO_CODE}" for status in live)


def _stands(status: CallStatus) -> str:
    if status.doing == "idle" or not status.where or status.where.startswith(_OURS):
        return ""
    doing = "" if status.doing in {"code", ""} else f", in {status.doing}"
    return f"the app's code stands at {status.where}{doing}"
