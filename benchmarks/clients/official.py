"""The official client, signalwire-sdk, by its public API.

Changed from outside, in this process alone, and only so that it reaches a plain loopback socket: `wss://` becomes
`ws://`. Its limit of active calls is raised; its log level is error, set in the way it documents.
"""

import asyncio
import os
from types import SimpleNamespace
from typing import Any

os.environ.setdefault("SIGNALWIRE_LOG_LEVEL", "error")

import websockets.asyncio.client
import websockets.exceptions
from signalwire.core.logging_config import configure_logging
from signalwire.relay import RelayClient
from signalwire.relay import client as relay_client

from benchmarks.clients.coroutines import Texter, serve_call
from benchmarks.clients.launch import CONTEXT, MAX_ACTIVE_CALLS, PROJECT, TOKEN, Launch


async def connect_plainly(uri: str, **options: Any) -> Any:
    """Do what `websockets.connect` does, without TLS."""
    options.pop("ssl", None)
    return await websockets.asyncio.client.connect(uri.replace("wss://", "ws://", 1), **options)


class ReportingClient(RelayClient):
    """Says when it is connected."""

    launch: Launch

    async def connect(self) -> None:
        await super().connect()
        self.launch.connected("signalwire-sdk", asyncio.get_running_loop())


def main(launch: Launch) -> None:
    # Before the first log call: only then does structlog keep the level in its loggers, which is the cheapest form.
    configure_logging()
    plainly = SimpleNamespace(connect=connect_plainly, exceptions=websockets.exceptions)
    vars(relay_client)["websockets"] = plainly
    client = ReportingClient(
        project=PROJECT,
        token=TOKEN,
        host=f"127.0.0.1:{launch.port}",
        contexts=[CONTEXT],
        max_active_calls=MAX_ACTIVE_CALLS,
    )
    client.launch = launch
    client.on_call(serve_call)
    client.on_message(Texter(client).on_message)
    client.run()
