"""The user's code in his loop: plain functions and coroutine functions, each in a copy of the context of `connect`."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import gevent
import pytest
from doubles.awaited import LIMIT, bridged, run

from relay_runtime.aio.tasks import Tasks

VARIABLE = contextvars.ContextVar("VARIABLE", default="nobody's")


class Over:
    """What was said when a handler was through."""

    def __init__(self) -> None:
        self.errors: list[BaseException | None] = []
        self._told = asyncio.Event()

    def __call__(self, error: BaseException | None) -> None:
        self.errors.append(error)
        self._told.set()

    async def first(self) -> BaseException | None:
        await self._told.wait()
        return self.errors[0]


# Kinds of handlers


def test_a_plain_function_is_called_at_once_and_is_no_task() -> None:
    async def main() -> None:
        async with bridged() as bridge:
            over, got = Over(), list[str]()
            assert Tasks(bridge).run(got.append, "value", over) is None
            assert (got, over.errors) == (["value"], [None])

    run(main())


class AsyncCallable:
    def __init__(self, got: list[str]) -> None:
        self.got = got

    async def __call__(self, value: str) -> None:
        await asyncio.sleep(0)
        self.got.append(value)


async def coroutine_function(got: list[str], value: str) -> None:
    await asyncio.sleep(0)
    got.append(value)


def future_of(got: list[str], value: str) -> Awaitable[None]:
    return asyncio.ensure_future(coroutine_function(got, value))


@pytest.mark.parametrize(
    "made",
    [
        lambda got: partial(coroutine_function, got),
        AsyncCallable,
        lambda got: lambda value: coroutine_function(got, value),
        lambda got: partial(future_of, got),
    ],
    ids=["a coroutine function", "an object", "a function that returns a coroutine", "one that returns a future"],
)
def test_whatever_is_to_be_awaited_is_awaited_in_a_task_of_its_own(made: Callable[[list[str]], Any]) -> None:
    async def main() -> None:
        async with bridged() as bridge:
            over, got = Over(), list[str]()
            task = Tasks(bridge).run(made(got), "value", over)
            assert task is not None
            assert over.errors == []
            assert await over.first() is None
            assert (task.done(), got) == (True, ["value"])

    run(main())


# Contexts


def test_each_handler_has_a_copy_of_the_context_of_connect() -> None:
    seen: list[str] = []

    def plain(_: Any) -> None:
        seen.append(VARIABLE.get())
        VARIABLE.set("the plain one's")

    async def awaited(_: Any) -> None:
        seen.append(VARIABLE.get())
        VARIABLE.set("the awaited one's")
        await asyncio.sleep(0)
        seen.append(VARIABLE.get())

    async def main() -> None:
        VARIABLE.set("of connect")
        async with bridged() as bridge:
            VARIABLE.set("of later")
            tasks, over = Tasks(bridge), Over()
            tasks.run(plain, None, lambda _: None)
            tasks.run(awaited, None, over)
            await over.first()
            tasks.run(plain, None, lambda _: None)
        assert VARIABLE.get() == "of later"

    run(main())
    assert seen == ["of connect", "of connect", "the awaited one's", "of connect"]


# Ends


def test_what_a_handler_raises_is_told_to_whoever_began_it() -> None:
    def plain(_: Any) -> None:
        raise LookupError("plain")

    async def awaited(_: Any) -> None:
        await asyncio.sleep(0)
        raise LookupError("awaited")

    async def main() -> None:
        async with bridged() as bridge:
            tasks = Tasks(bridge)
            for handler in (plain, awaited):
                over = Over()
                tasks.run(handler, None, over)
                assert repr(await over.first()) == f"LookupError({handler.__name__!r})"

    run(main())


def test_a_handler_that_is_cancelled_has_not_failed() -> None:
    async def main() -> None:
        async with bridged() as bridge:
            over = Over()
            task = Tasks(bridge).run(lambda _: asyncio.sleep(2 * LIMIT), None, over)
            assert task is not None
            task.cancel()
            assert await over.first() is None

    run(main())


@pytest.mark.slow
def test_finish_waits_for_those_that_come_to_their_end_and_cancels_the_others() -> None:
    async def main() -> None:
        async with bridged() as bridge:
            tasks, ends, opened = Tasks(bridge), list[str](), asyncio.Event()

            async def prompt(_: Any) -> None:
                await opened.wait()
                ends.append("came to its end")

            async def stubborn(_: Any) -> None:
                try:
                    await asyncio.sleep(2 * LIMIT)
                finally:
                    ends.append("cancelled")

            tasks.run(stubborn, None, lambda _: None)
            tasks.run(prompt, None, lambda _: None)
            asyncio.get_running_loop().call_soon(opened.set)
            await tasks.finish(0.05)
            assert ends == ["came to its end", "cancelled"]
            await tasks.finish(2 * LIMIT)  # nobody is left to wait for

    run(main())


def test_finish_does_not_wait_for_the_handler_that_calls_it() -> None:
    async def main() -> None:
        async with bridged() as bridge:
            tasks, over = Tasks(bridge), Over()
            tasks.run(lambda _: tasks.finish(2 * LIMIT), None, over)
            assert await over.first() is None

    run(main())


# From the hub


def test_what_is_forwarded_runs_in_the_loop_and_its_crash_is_logged_with_its_line(log_lines: list[str]) -> None:
    async def main() -> None:
        async with bridged() as bridge:
            got: list[tuple[str, str]] = []

            def handle(value: str) -> None:
                got.append((value, threading.current_thread().name))
                raise LookupError("a defect of the app")

            forward = Tasks(bridge).forward(handle, "a listener of call {} crashed", "c1")
            bridge.send(forward, "an event")
            await bridge.ask(lambda: None)
            assert got == [("an event", threading.current_thread().name)]

    run(main())
    (line,) = [line for line in log_lines if "crashed" in line]
    assert line.startswith("ERROR a listener of call c1 crashed\n")
    assert "LookupError: a defect of the app" in line


def test_what_is_forwarded_must_be_callable() -> None:
    async def main() -> None:
        async with bridged() as bridge:
            not_callable: Any = 7
            with pytest.raises(TypeError, match="the handler is int; accepted is a function"):
                Tasks(bridge).forward(not_callable, "line")

    run(main())


# What the hub waits for


@pytest.mark.parametrize("plain", [False, True])
def test_the_hub_waits_until_a_handler_is_through(plain: bool) -> None:
    async def main() -> None:
        async with bridged() as bridge:
            got = list[str]()
            handler = got.append if plain else partial(coroutine_function, got)
            await bridge.ask(Tasks(bridge).forward_and_wait(handler, "the handler crashed"), "value")
            assert got == ["value"]

    run(main())


def test_the_hub_waits_for_a_handler_that_crashes_too_and_that_is_logged(log_lines: list[str]) -> None:
    async def crashes(_: str) -> None:
        await asyncio.sleep(0)
        raise KeyError

    async def main() -> None:
        async with bridged() as bridge:
            await bridge.ask(Tasks(bridge).forward_and_wait(crashes, "the handler of on_{} crashed", "drain"), "value")

    run(main())
    assert any("the handler of on_drain crashed" in line and "KeyError" in line for line in log_lines)


def test_a_handler_whose_greenlet_is_killed_is_cancelled() -> None:
    async def main() -> None:
        async with bridged() as bridge:
            begun, ended = asyncio.Event(), asyncio.Event()

            async def for_ever(_: str) -> None:
                try:
                    begun.set()
                    await asyncio.Event().wait()
                finally:
                    ended.set()

            call = Tasks(bridge).forward_and_wait(for_ever, "the handler crashed")
            greenlet = await bridge.ask(gevent.spawn, call, "value")
            await begun.wait()
            await bridge.ask(greenlet.kill)
            await ended.wait()

    run(main())


def test_a_handler_that_waits_for_the_end_itself_is_not_cancelled() -> None:
    async def main() -> None:
        async with bridged() as bridge:
            tasks = Tasks(bridge)
            leaving, goes_on, through = asyncio.Event(), asyncio.Event(), asyncio.Event()

            async def leaves(_: str) -> None:
                with tasks.leaving():
                    leaving.set()
                    await goes_on.wait()
                through.set()

            greenlet = await bridge.ask(gevent.spawn, tasks.forward_and_wait(leaves, "the handler crashed"), "value")
            await leaving.wait()
            await bridge.ask(greenlet.kill)
            await asyncio.sleep(0)
            goes_on.set()
            await through.wait()

    run(main())
