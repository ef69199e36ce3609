"""The user's code in his loop: handlers, listeners and callbacks, plain functions or coroutine functions."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from gevent import GreenletExit
from gevent.event import Event

from relay_actors.kit.crash_log import log_crash
from relay_actors.kit.user_code import checked_function
from relay_runtime.aio.bridge import Bridge

__all__ = ["Tasks"]

Over = Callable[[BaseException | None], object]

_code: ContextVar[object] = ContextVar("relay_runtime_code")
"""Whose code runs: the same for a handler's task and for every task that is made in it."""


class Tasks:
    """The handlers of one client that run, each in a copy of the context that was current when it connected.

    Args:
        bridge: joins the loop with the hub.
        client: the client, for the code of its calls.

    Attributes:
        client: see above.
    """

    def __init__(self, bridge: Bridge, client: Any = None) -> None:
        self.client = client
        self._bridge = bridge
        self._running: dict[asyncio.Task[Any], object] = {}
        self._leaving: list[object] = []  # the code that waits for the end itself

    # In the thread of the hub

    def forward(self, handler: Callable[[Any], Any], line: str, *args: object) -> Callable[[Any], None]:
        """Return a function for the hub that has ``handler(value)`` called in the loop.

        Args:
            handler: code of the user.
            line: what is logged when it raises, with a place for each of ``args``.
            args: the parts of the line.
        """
        checked_function(handler, "the handler", coroutines=True)

        def over(error: BaseException | None) -> None:
            if error is not None:
                log_crash(error, line, *args)

        return lambda value: self._bridge.post(self.run, handler, value, over)

    def forward_and_wait(self, handler: Callable[[Any], Any], line: str, *args: object) -> Callable[[Any], None]:
        """Return a function for the hub as `forward` does; it blocks its greenlet until the handler is through.

        When that greenlet is killed, the handler's task is cancelled, unless it waits for the end itself.
        """
        checked_function(handler, "the handler", coroutines=True)

        def crashed(error: BaseException | None) -> None:
            if error is not None:
                log_crash(error, line, *args)

        return lambda value: self._run_and_wait(handler, value, crashed)

    def result_of(self, function: Callable[[], Any]) -> Any:
        """Return what a plain or a coroutine function of the user returns, or raise what it raises.

        Blocks the current greenlet. When that is killed, the task of the function is cancelled.
        """
        results: list[Any] = []
        errors: list[BaseException | None] = []

        async def ask(_: None) -> None:
            result = function()
            results.append(await result if inspect.isawaitable(result) else result)

        self._run_and_wait(ask, None, errors.append)
        if errors[0] is not None:
            raise errors[0]
        if not results:
            raise RuntimeError("its task was cancelled")
        return results[0]

    def _run_and_wait(self, handler: Callable[[Any], Any], value: Any, told: Over) -> None:
        through, begun = Event(), list[asyncio.Task[Any] | None]()

        def over(error: BaseException | None) -> None:
            told(error)
            self._bridge.send_if_alive(through.set)

        self._bridge.post(lambda: begun.append(self.run(handler, value, over)))
        try:
            through.wait()
        except GreenletExit:
            self._bridge.post(lambda: self._cancel(begun))
            raise

    # In the loop

    def _cancel(self, tasks: list[asyncio.Task[Any] | None]) -> None:
        for task in tasks:
            if task is not None and self._running.get(task) not in self._leaving:
                task.cancel()

    def run(self, handler: Callable[[Any], Any], value: Any, over: Over) -> asyncio.Task[Any] | None:
        """Call a handler; what it returns to be awaited is a task from then on, which is returned.

        Args:
            handler: code of the user.
            value: what it gets.
            over: called with what it raised, or with None, when it is through; `asyncio.CancelledError` counts as None.
        """
        context, code = self._bridge.context.copy(), object()
        context.run(_code.set, code)
        try:
            coroutine = context.run(handler, value)
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - a handler's crash ends with it
            over(error)
            return None
        if not inspect.isawaitable(coroutine):
            over(None)
            return None
        body = coroutine if inspect.iscoroutine(coroutine) else _awaited(coroutine)
        task = context.run(self._bridge.loop.create_task, body)  # a factory of the user's may know no context
        self._running[task] = code
        task.add_done_callback(lambda task: self._ended(task, over))
        return task

    def _ended(self, task: asyncio.Task[Any], over: Over) -> None:
        self._running.pop(task, None)
        over(None if task.cancelled() else task.exception())

    @contextmanager
    def leaving(self) -> Iterator[None]:
        """Give a context in which the current code waits for the end, and must not be waited for."""
        code = _code.get(None)
        self._leaving.append(code)
        try:
            yield
        finally:
            self._leaving.remove(code)

    async def finish(self, seconds: float) -> None:
        """Wait until all code is through but what waits for that, and cancel what is not after ``seconds``."""
        leaving = {*self._leaving, _code.get(None)}
        others = {task for task, code in self._running.items() if code not in leaving}
        if others:
            _, late = await asyncio.wait(others, timeout=seconds)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=seconds)


async def _awaited(awaitable: Any) -> Any:
    return await awaitable
