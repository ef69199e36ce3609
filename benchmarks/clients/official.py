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
from signalwire.relay.call import Call
from signalwire.relay.event import RelayEvent
from signalwire.relay.message import Message

from benchmarks.clients.launch import (
    CONTEXT,
    HERE,
    MAX_ACTIVE_CALLS,
    OUR_NUMBER,
    PROJECT,
    PROMPT,
    REPORT_PREFIX,
    REPORT_WAIT_S,
    THEIR_NUMBER,
    TOKEN,
    Launch,
    SendOrder,
)


async def connect_plainly(uri: str, **options: Any) -> Any:
    """Do what `websockets.connect` does, without TLS."""
    options.pop("ssl", None)
    return await websockets.asyncio.client.connect(uri.replace("wss://", "ws://", 1), **options)


class ReportingClient(RelayClient):
    """Says when it is connected."""

    launch: Launch

    async def connect(self) -> None:
        await super().connect()
        self.launch.connected("signalwire-sdk")


async def serve_call(call: Call) -> None:
    """The app: answer, speak, hang up; answer a roll call meanwhile."""

    async def on_user_event(event: RelayEvent) -> None:
        if event.params.get("kind") == "roll_call":
            await call.user_event(event=HERE)

    call.on("calling.user_event", on_user_event)
    await call.answer()
    prompt = await call.play_tts(PROMPT)
    await prompt.wait()
    await call.hangup()


class Texter:
    """Sends messages when it is told to, and reports how many it saw delivered."""

    def __init__(self, client: RelayClient) -> None:
        self._client = client
        self._left = 0
        self._delivered = 0

    async def on_message(self, message: Message) -> None:
        order = SendOrder.parse(message.body)
        if order is None:
            return
        self._left, self._delivered = order.count, 0
        await asyncio.gather(*(self._send_many() for _ in range(order.senders)))
        deadline = asyncio.get_running_loop().time() + REPORT_WAIT_S
        while self._delivered < order.count and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.02)
        await self._send(f"{REPORT_PREFIX}{self._delivered}")

    async def _send_many(self) -> None:
        while self._left:
            self._left -= 1
            await self._send("bench")

    async def _send(self, body: str) -> None:
        await self._client.send_message(
            context=CONTEXT,
            to_number=THEIR_NUMBER,
            from_number=OUR_NUMBER,
            body=body,
            on_completed=self._on_completed,
        )

    def _on_completed(self, event: RelayEvent) -> None:
        self._delivered += event.params.get("message_state") == "delivered"


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
