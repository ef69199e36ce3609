"""A client for asyncio, its bridge, and a call that is up, with delays and limits that suit a test."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

from doubles.threaded_sandbox import ThreadedSandbox

from relay_runtime.aio import Call, RelayClient, Timing
from relay_runtime.aio.bridge import Bridge
from relay_runtime.sandbox import Callee

__all__ = [
    "LIMIT",
    "OFFICE",
    "QUICK",
    "THEM",
    "bridged",
    "client_of",
    "hub_threads",
    "on_a_call",
    "phone",
    "run",
    "until",
]

LIMIT: Final = 60.0
"""Seconds after which a test that waits in vain has failed."""

OFFICE: Final = "+15550100002"
THEM: Final = "+15550100001"
QUICK: Final = Timing(backoff_first=0.002, backoff_limit=0.01, stop_timeout=0.5, close_timeout=0.5)

T = TypeVar("T")


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in a loop of its own, within the limit; return its result."""

    async def limited() -> T:
        async with asyncio.timeout(LIMIT):
            return await main

    return asyncio.run(limited())


async def until(condition: Callable[[], T]) -> T:
    """Let the others run until ``condition()`` is true, and return its value; whoever calls it has a limit."""
    while not (value := condition()):
        await asyncio.sleep(0.001)
    return value


def hub_threads() -> list[threading.Thread]:
    """Return the threads that run a hub of ours, sandboxes' included."""
    return [thread for thread in threading.enumerate() if thread.name == "relay-runtime"]


@asynccontextmanager
async def bridged(abandoned: Callable[..., object] = lambda *_: None) -> AsyncIterator[Bridge]:
    """Join the running loop with a hub for as long as the block lasts."""
    bridge = Bridge(asyncio.get_running_loop(), contextvars.copy_context(), abandoned)
    bridge.start()
    try:
        yield bridge
    finally:
        await bridge.close()


def client_of(threaded: ThreadedSandbox, **arguments: Any) -> RelayClient:
    """Return a client that receives the context ``office`` of a sandbox; it is not connected yet."""
    sandbox = threaded.sandbox
    given: dict[str, Any] = {"project": sandbox.project, "token": sandbox.token, "host": sandbox.url}
    return RelayClient(**{**given, "contexts": ["office"], "timing": QUICK, "guard": None, **arguments})


def phone(number: str = THEM, **params: Any) -> list[list[dict[str, Any]]]:
    """Return the devices of a dial to one number."""
    return [[{"type": "phone", "params": {"from_number": OFFICE, "to_number": number, **params}}]]


@asynccontextmanager
async def on_a_call(
    threaded: ThreadedSandbox, callee: Callee | None = None, **arguments: Any
) -> AsyncIterator[tuple[RelayClient, Call]]:
    """Give a client that is connected and a call that it dialled; the other side waits for the end."""
    threaded.do(threaded.sandbox.on_dial, THEM, callee or Callee().answers().waits_for_hangup())
    async with client_of(threaded, **arguments) as client:
        yield client, await client.dial(phone(), dial_timeout=LIMIT)
