"""The app as coroutines, written once: SignalWire's client and `relay_runtime.aio` run it by one changed import."""

import asyncio
from typing import Any

from benchmarks.clients.launch import (
    CONTEXT,
    HERE,
    OUR_NUMBER,
    PROMPT,
    REPORT_PREFIX,
    REPORT_WAIT_S,
    THEIR_NUMBER,
    SendOrder,
)


async def serve_call(call: Any) -> None:
    """The app: answer, speak, hang up; answer a roll call meanwhile."""

    async def on_user_event(event: Any) -> None:
        if event.params.get("kind") == "roll_call":
            await call.user_event(event=HERE)

    call.on("calling.user_event", on_user_event)
    await call.answer()
    prompt = await call.play_tts(PROMPT)
    await prompt.wait()
    await call.hangup()


class Texter:
    """Sends messages when it is told to, and reports how many it saw delivered."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._left = 0
        self._delivered = 0

    async def on_message(self, message: Any) -> None:
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

    def _on_completed(self, event: Any) -> None:
        self._delivered += event.params.get("message_state") == "delivered"
