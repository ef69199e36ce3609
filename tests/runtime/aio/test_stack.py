"""Where the code of a task stands: the verb that it waits in, and the user's own line."""

from __future__ import annotations

import asyncio
import types
from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from doubles.awaited import bridged, run
from gevent.event import Event

from relay_runtime.aio.stack import stands_at

HERE = Path(__file__)


def place(words: str, function: str) -> str:
    """Return how the line that has these words, the first one from the top, is named."""
    lines = HERE.read_text().splitlines()
    number = next(number for number, line in enumerate(lines, 1) if words in line)
    return f"{HERE}:{number} in {function}"


async def serve(opened: asyncio.Event) -> None:
    await inner(opened)


async def inner(opened: asyncio.Event) -> None:
    await opened.wait()  # the line of the task


async def asking(bridge: Any, opened: Event) -> None:
    await bridge.ask(opened.wait)  # the line that asks


@types.coroutine
def by_a_generator(opened: asyncio.Event) -> Generator[Any, None, None]:
    yield from inner(opened)


async def around(opened: asyncio.Event) -> None:
    await by_a_generator(opened)


@asynccontextmanager
async def standing(coroutine: Any) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.ensure_future(coroutine)
    await asyncio.sleep(0)
    try:
        yield task
    finally:
        task.cancel()


def test_a_task_stands_in_the_innermost_line_that_is_not_asyncios() -> None:
    async def main() -> None:
        async with standing(serve(asyncio.Event())) as task:
            assert stands_at(task) == ("code", place("# the line of the task", "inner"))

    run(main())


def test_a_task_that_waits_for_the_hub_does_the_verb_and_stands_in_the_users_line() -> None:
    async def main() -> None:
        async with bridged() as bridge:
            opened = await bridge.ask(Event)
            async with standing(asking(bridge, opened)) as task:
                assert stands_at(task) == ("ask", place("# the line that asks", "asking"))

    run(main())


def test_a_coroutine_that_is_a_generator_is_seen_through() -> None:
    async def main() -> None:
        async with standing(around(asyncio.Event())) as task:
            assert stands_at(task) == ("code", place("# the line of the task", "inner"))

    run(main())


def test_a_task_that_is_over_stands_nowhere() -> None:
    async def main() -> None:
        task = asyncio.ensure_future(asyncio.sleep(0))
        await task
        assert stands_at(task) == ("code", "an unknown place")

    run(main())


def test_another_thread_may_look() -> None:
    async def main() -> None:
        async with standing(serve(asyncio.Event())) as task:
            assert await asyncio.to_thread(stands_at, task) == ("code", place("# the line of the task", "inner"))

    run(main())
