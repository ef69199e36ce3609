"""Our client, by its public API alone: the call written as `run()`, its plainest form."""

import os
import sys
import time
from collections.abc import Callable
from typing import Any

import gevent
from loguru import logger

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
from relay_runtime import CallActor, RelayClient
from relay_runtime.watch.logs import setup_logging


class Receptionist(CallActor):
    """The app: answer, speak, hang up; answer a roll call meanwhile."""

    def run(self) -> None:
        self.on("calling.user_event", self.answer_roll_call)
        self.answer()
        self.play_tts(PROMPT).wait()
        self.hangup()

    def answer_roll_call(self, event: Any) -> None:
        if event.params.get("kind") == "roll_call":
            self.command("calling.user_event", {"event": HERE})


class Texter:
    """Sends messages when it is told to, and reports how many it saw delivered; times a `status()` when asked."""

    def __init__(self, client: RelayClient) -> None:
        self._client = client
        self._left = 0
        self._delivered = 0

    def on_message(self, message: Any) -> None:
        order = SendOrder.parse(message.body)
        if order is not None:
            # Senders of their own, so that the handler is free for what comes in meanwhile.
            gevent.spawn(self._carry_out, order)
        elif message.body == "status":
            self._send(f"{REPORT_PREFIX}{self._timed_status()}")

    def _timed_status(self) -> str:
        # Versions before `status()` are measured too, to compare with.
        read = getattr(self._client, "status", None)
        if read is None:
            return "none"
        began = time.perf_counter()
        read()
        return f"{time.perf_counter() - began}"

    def _carry_out(self, order: SendOrder) -> None:
        self._left, self._delivered = order.count, 0
        gevent.joinall([gevent.spawn(self._send_many) for _ in range(order.senders)])
        deadline = time.perf_counter() + REPORT_WAIT_S
        while self._delivered < order.count and time.perf_counter() < deadline:
            gevent.sleep(0.02)
        self._send(f"{REPORT_PREFIX}{self._delivered}")

    def _send_many(self) -> None:
        while self._left:
            self._left -= 1
            self._send("bench")

    def _send(self, body: str) -> None:
        self._client.send_message(
            context=CONTEXT,
            to_number=THEIR_NUMBER,
            from_number=OUR_NUMBER,
            body=body,
            on_completed=self._on_completed,
        )

    def _on_completed(self, event: Any) -> None:
        self._delivered += event.params.get("message_state") == "delivered"


def log_errors() -> None:
    """Log at the official client's level."""
    logger.remove()
    logger.add(sys.stderr, level="ERROR")


def log_to_nowhere() -> None:
    """Log as the `relay-runtime` process does, at `info`: a line a call."""
    setup_logging("info", stream=open(os.devnull, "w"))  # noqa: SIM115 - to the end of the process


def serve(launch: Launch, call_actor: type[CallActor], log: Callable[[], None] = log_errors) -> None:
    """Connect, report, and serve calls with the given actor until the process ends."""
    log()
    client = RelayClient(
        project=PROJECT,
        token=TOKEN,
        host=f"ws://127.0.0.1:{launch.port}",
        contexts=[CONTEXT],
        max_active_calls=MAX_ACTIVE_CALLS,
        call_actor=call_actor,
    )
    client.on_message(Texter(client).on_message)
    client.connect()
    launch.connected("relay-runtime")
    client.run()


def main(launch: Launch) -> None:
    serve(launch, Receptionist)
