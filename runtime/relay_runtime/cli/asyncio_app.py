"""An app of asyncio as a process: its code runs in a loop of the main thread, what serves it on the client's hub.

What is around the client is what is around one on greenlets, and runs unchanged on the thread of the hub: the life of
the process, probes, metrics, the control socket. Signals come there too: a loop that is blocked does not hold them up.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from gevent.hub import get_hub

from relay_runtime.aio.bridge import Bridge
from relay_runtime.aio.client import RelayClient as AsyncioClient
from relay_runtime.aio.hub_thread import refuse_patched_threads
from relay_runtime.aio.lending import client_on_hub, lend
from relay_runtime.aio.loop_lag import LoopLag
from relay_runtime.cli.failure import Failure
from relay_runtime.client.client import RelayClient
from relay_runtime.process.appload import load_asyncio_app
from relay_runtime.process.process import ExitCode, end_at_once, on_signals
from relay_runtime.watch.logs import log_failures_of

__all__ = ["Loop"]


class Loop:
    """The home of an app whose code runs in a loop; see `relay_runtime.cli.serving.Home`."""

    def __init__(self) -> None:
        self._client: AsyncioClient | None = None
        self._served = False

    def load(self, spec: str) -> RelayClient:
        """Import the app and return the client that the hub has of it.

        Raises:
            AppError: it can't be loaded, or is none of asyncio.
            Failure: the process was patched.
        """
        self._client = load_asyncio_app(spec)
        try:
            refuse_patched_threads()
        except RuntimeError as error:
            raise Failure(ExitCode.BAD_APP, f"--asyncio: {error}") from None
        return client_on_hub(self._client)

    def run(self, serve: Callable[[LoopLag | None], ExitCode]) -> ExitCode:
        """Run the loop, and have the hub serve the app; return the exit code. Blocks the current thread."""
        assert self._client is not None, "an app is loaded before it is served"
        signals = ExitStack()

        def on_hub(bridge: Bridge) -> ExitCode:
            log_failures_of(get_hub())
            signals.enter_context(on_signals(self._signalled))
            try:
                return serve(LoopLag(bridge))
            finally:
                self._served = True

        return lend(self._client, on_hub, signals.close)

    def _signalled(self, _: str) -> None:
        """End the process, if only its loop is left, which may be blocked: there is nobody else to take the signal."""
        if self._served:
            end_at_once()
