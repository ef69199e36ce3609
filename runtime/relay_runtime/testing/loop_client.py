"""A client of `relay_runtime.aio` as a test on greenlets uses it: its loop runs in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from gevent.event import Event
from gevent.hub import get_hub

from relay_actors.telemetry.status import CallStatus
from relay_runtime import aio
from relay_runtime.aio.inside import plain_client
from relay_runtime.client.client import RelayClient

__all__ = ["LoopClient"]

T = TypeVar("T")


class LoopClient:
    """Has a client work in a loop of asyncio; each method blocks the current greenlet until the loop has done it.

    Args:
        client: the client, which is not connected.

    Attributes:
        client: see above.
        plain: the client inside of it.
    """

    def __init__(self, client: aio.RelayClient) -> None:
        self.client = client
        self.plain: RelayClient = plain_client(client)
        self._hub: Any = get_hub()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._over: asyncio.Event | None = None

    @property
    def state(self) -> str:
        """The connection's state."""
        return self.client.state

    @property
    def contexts(self) -> list[str]:
        """The desired contexts."""
        return self.client.contexts

    def connect(self, timeout: float | None = None) -> None:
        """Start the loop, and connect the client in it; errors as for `RelayClient.connect`."""
        began = Event()
        self._thread = threading.Thread(target=asyncio.run, args=(self._main(began),), name="asyncio", daemon=True)
        self._thread.start()
        began.wait()
        self._do(self.client.connect(timeout))

    def disconnect(self) -> None:
        """Disconnect the client, and end the loop with all its tasks."""
        loop, thread, over = self._loop, self._thread, self._over
        if loop is None or thread is None or over is None:
            return
        try:
            self._do(self.client.disconnect())
        finally:
            loop.call_soon_threadsafe(over.set)
            self._hub.threadpool.apply(thread.join)
            self._loop = self._thread = self._over = None

    def receive(self, contexts: list[str]) -> None:
        """See `RelayClient.receive`."""
        self._change(self.client.receive, self.plain.receive, contexts)

    def unreceive(self, contexts: list[str]) -> None:
        """See `RelayClient.unreceive`."""
        self._change(self.client.unreceive, self.plain.unreceive, contexts)

    def live_calls(self) -> list[CallStatus]:
        """See `RelayClient.live_calls`."""
        return self._do(self.client.live_calls())

    def call_status(self, call_id: str) -> CallStatus | None:
        """See `RelayClient.call_status`."""
        return self._do(self.client.call_status(call_id))

    def _change(
        self,
        in_loop: Callable[[list[str]], Coroutine[Any, Any, None]],
        at_rest: Callable[[list[str]], object],
        contexts: list[str],
    ) -> None:
        """Change the contexts where the client is: in its loop, or nowhere while it is not connected."""
        if self._loop is None:
            at_rest(contexts)
        else:
            self._do(in_loop(contexts))

    async def _main(self, began: Event) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        self._hub.loop.run_callback_threadsafe(began.set)
        await self._over.wait()

    def _do(self, coroutine: Coroutine[Any, Any, T]) -> T:
        assert self._loop is not None
        done = Event()
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        future.add_done_callback(lambda _: self._hub.loop.run_callback_threadsafe(done.set))
        done.wait()
        return future.result()
