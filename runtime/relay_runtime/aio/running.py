"""Runs a client in a loop of its own, until a signal or its end."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from relay_runtime.client.importing import refuse_in_import

if TYPE_CHECKING:
    from relay_runtime.aio.client import RelayClient
    from relay_runtime.aio.joint import Joint

__all__ = ["run_until_told"]


def run_until_told(client: RelayClient, joint: Joint) -> None:
    """See `RelayClient.run`."""
    refuse_in_import("client.run()")
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(_serve(client, joint))
    else:
        raise RuntimeError("run() has a loop of its own, and one is running here: use `async with client` instead")


async def _serve(client: RelayClient, joint: Joint) -> None:
    told = asyncio.Event()
    with _signals(told):
        connecting = asyncio.ensure_future(client.connect())
        stopping = asyncio.ensure_future(told.wait())
        try:
            await asyncio.wait({connecting, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not stopping.done():
                await connecting
                serving = asyncio.ensure_future(joint.serve())
                await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
                if serving.done():
                    await serving
        finally:
            connecting.cancel()
            await asyncio.wait({connecting})
            stopping.cancel()
            await client.disconnect()


@contextmanager
def _signals(told: asyncio.Event) -> Iterator[None]:
    """Have Ctrl-C and SIGTERM set an event, where signals can be had: in the main thread."""
    loop, taken = asyncio.get_running_loop(), []
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, told.set)
            taken.append(number)
    except (NotImplementedError, RuntimeError, ValueError):
        pass  # another thread, or another platform: whoever runs it there ends it by disconnect()
    try:
        yield
    finally:
        for number in taken:
            loop.remove_signal_handler(number)
