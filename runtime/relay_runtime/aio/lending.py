"""A client of asyncio whose hub serves a whole process: what is around the client there runs on the hub as well."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

from gevent.event import Event

from relay_runtime.aio.bridge import Bridge
from relay_runtime.aio.client import RelayClient
from relay_runtime.aio.hub_thread import refuse_patched_threads
from relay_runtime.client import client as plain

__all__ = ["client_on_hub", "lend"]

T = TypeVar("T")

_GRACE = 5.0  # seconds that a function may take to its end when the loop ends without waiting for it


def client_on_hub(client: RelayClient) -> plain.RelayClient:
    """Return the client that a client of asyncio has on its hub; its settings may be changed before it is connected."""
    return client._client


def lend(client: RelayClient, use: Callable[[Bridge], T], last: Callable[[], object] = lambda: None) -> T:
    """Run a loop in this thread, and on the client's hub a function; return what the function returns.

    Blocks the current thread. The function runs in a greenlet, may block it, and connects the client itself. When it is
    through, the client is disconnected, and loop and hub end. When the loop ends before, by Ctrl-C or by ``sys.exit()``
    in a handler, so does the function, by `gevent.GreenletExit`.

    Args:
        client: the client; not connected.
        use: the function.
        last: called on the hub once both have ended.

    Raises:
        RuntimeError: the process was patched by gevent.
        Exception: whatever the function raised.
    """
    return asyncio.run(_lent(client, _Loan(use, last)))


async def _lent(client: RelayClient, loan: _Loan[T]) -> T:
    refuse_patched_threads()
    joint = client._joint
    bridge = joint.start()
    joint.lent = True  # whoever disconnects the client before leaves the hub to the function
    try:
        return await bridge.ask(loan.run, bridge)
    finally:
        joint.lent = False
        await joint.close(loan.end, client._client)


class _Loan(Generic[T]):
    """A function that must come to its end before its hub does. Its methods run on the hub."""

    def __init__(self, use: Callable[[Bridge], T], last: Callable[[], object]) -> None:
        self._use = use
        self._last = last
        self._through: Event | None = None

    def run(self, bridge: Bridge) -> T:
        self._through = Event()
        try:
            return self._use(bridge)
        finally:
            self._through.set()

    def end(self, client: plain.RelayClient) -> None:
        client.disconnect()
        if self._through is not None:
            self._through.wait(_GRACE)
        self._last()
