"""A message as coroutines know it: what is known of it, its states, and the wait for the last of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from doubles.awaited import LIMIT, bridged, run
from doubles.frames import event

from relay_actors.messaging import message as model
from relay_runtime import MessageExpired, RelayTimeout
from relay_runtime.aio import Message
from relay_runtime.aio.bridge import Bridge
from relay_runtime.aio.tasks import Tasks

FIELDS: dict[str, Any] = {
    "message_id": "m1",
    "context": "office",
    "direction": "outbound",
    "from_number": "+15550100002",
    "to_number": "+15550100001",
    "body": "private",
    "media": ["https://example.com/a.png"],
    "segments": 2,
    "state": "queued",
    "reason": "none yet",
    "tags": ["a"],
}


@asynccontextmanager
async def sent() -> AsyncIterator[tuple[Bridge, model.Message, Message]]:
    async with bridged() as bridge:
        of = await bridge.ask(model.Message, **FIELDS)
        yield bridge, of, Message(bridge, Tasks(bridge), of)


def told(state: str) -> Any:
    return event("messaging.state", message_id="m1", message_state=state)


def test_what_is_known_of_it_can_be_read() -> None:
    async def main() -> None:
        async with sent() as (_, _, message):
            assert {name: getattr(message, name) for name in FIELDS} == FIELDS
            assert (message.is_done, message.result) == (False, None)
            assert repr(message) == "<Message m1 outbound queued>"

    run(main())


def test_a_wait_ends_with_the_terminal_state_and_later_ones_end_at_once() -> None:
    async def main() -> None:
        async with sent() as (bridge, of, message):
            waiting = asyncio.ensure_future(message.wait(LIMIT))
            await bridge.ask(of.apply, told("sent"))
            assert (message.state, waiting.done()) == ("sent", False)
            bridge.send(of.apply, told("delivered"))
            last: Any = await waiting
            assert last.message_state == "delivered"
            assert (message.state, message.is_done, message.result) == ("delivered", True, last)
            assert await message.wait(0) is last

    run(main())


def test_a_wait_is_bounded_and_goes_on_after_its_timeout_or_its_cancellation() -> None:
    async def main() -> None:
        async with sent() as (bridge, of, message):
            with pytest.raises(RelayTimeout, match=r"the message has no terminal state after 0\.001 s"):
                await message.wait(0.001)
            with pytest.raises(TimeoutError) as caught:
                await asyncio.wait_for(message.wait(), 0.001)
            assert not isinstance(caught.value, RelayTimeout)
            bridge.send(of.apply, told("failed"))
            assert (await message.wait()).params["message_state"] == "failed"

    run(main())


def test_a_message_that_is_watched_no_longer_says_so() -> None:
    async def main() -> None:
        async with sent() as (bridge, of, message):
            waiting = asyncio.ensure_future(message.wait(LIMIT))
            await bridge.ask(of.abandon, MessageExpired("m1"))
            with pytest.raises(MessageExpired):
                await waiting
            assert (message.is_done, message.result) == (True, None)

    run(main())


def test_listeners_of_either_kind_hear_each_state_and_a_crash_of_one_is_logged(log_lines: list[str]) -> None:
    async def main() -> None:
        async with sent() as (bridge, of, message):
            heard, both = list[str](), asyncio.Event()

            def plain(state: Any) -> None:
                heard.append(f"plain {state.message_state}")
                raise LookupError("a defect of the app")

            async def awaited(state: Any) -> None:
                await asyncio.sleep(0)
                heard.append(f"awaited {state.message_state}")
                both.set()

            message.on(plain)
            message.on(awaited)
            bridge.send(of.apply, told("sent"))
            await both.wait()
            assert heard == ["plain sent", "awaited sent"]

    run(main())
    (line,) = [line for line in log_lines if "crashed" in line]
    assert line.startswith("ERROR a handler of message m1 crashed\n")


def test_a_completion_is_told_once_whether_it_is_still_to_come_or_there_already() -> None:
    async def main() -> None:
        async with sent() as (bridge, of, message):
            heard = asyncio.Queue[str]()

            async def completed(state: Any) -> None:
                await heard.put(state.message_state)

            message.on_completed(completed)
            for state in ("sent", "delivered"):
                bridge.send(of.apply, told(state))
            assert await heard.get() == "delivered"
            message.on_completed(lambda state: heard.put_nowait(f"{state.message_state} before"))
            assert await heard.get() == "delivered before"

    run(main())


def test_a_listener_that_is_no_function_is_refused() -> None:
    async def main() -> None:
        async with sent() as (_, _, message):
            nothing: Any = None
            with pytest.raises(TypeError, match="the handler is NoneType; accepted is a function"):
                message.on(nothing)

    run(main())
