"""Our client for asyncio, `relay_runtime.aio`, by its public API: the very app of the official client."""

import asyncio
import sys

from loguru import logger

from benchmarks.clients.coroutines import Texter, serve_call
from benchmarks.clients.launch import CONTEXT, MAX_ACTIVE_CALLS, PROJECT, TOKEN, Launch
from relay_runtime.aio import RelayClient


class ReportingClient(RelayClient):
    """Says when it is connected."""

    launch: Launch

    async def connect(self, timeout: float | None = None) -> None:
        await super().connect(timeout)
        self.launch.connected("relay-runtime", asyncio.get_running_loop())


def main(launch: Launch) -> None:
    # The official client's level.
    logger.remove()
    logger.add(sys.stderr, level="ERROR")
    client = ReportingClient(
        project=PROJECT,
        token=TOKEN,
        host=f"ws://127.0.0.1:{launch.port}",
        contexts=[CONTEXT],
        max_active_calls=MAX_ACTIVE_CALLS,
    )
    client.launch = launch
    client.on_call(serve_call)
    client.on_message(Texter(client).on_message)
    client.run()
