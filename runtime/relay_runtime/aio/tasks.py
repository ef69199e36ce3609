"""The user's code in his loop: handlers, listeners and callbacks, plain functions or coroutine functions."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

from relay_actors.kit.actor import log_crash
from relay_runtime.aio.bridge import Bridge

__all__ = ["Tasks"]

Over = Callable[[BaseException | None], object]


class Tasks:
    """The handlers of one client that run, each in a copy of the context that was current when it connected.

    Args:
        bridge: joins the loop with the hub.
    """

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        self._running: set[asyncio.Task[Any]] = set()

    # In the thread of the hub

    def forward(self, handler: Callable[[Any], Any], line: str, *args: object) -> Callable[[Any], None]:
        """Return a function for the hub that has ``handler(value)`` called in the loop.

        Args:
            handler: code of the user.
            line: what is logged when it raises, with a place for each of ``args``.
            args: the parts of the line.
        """
        if not callable(handler):
            raise TypeError(f"handler must be callable, not {type(handler).__name__}")

        def over(error: BaseException | None) -> None:
            if error is not None:
                log_crash(error, line, *args)

        return lambda value: self._bridge.post(self.run, handler, value, over)

    # In the loop

    def run(self, handler: Callable[[Any], Any], value: Any, over: Over) -> asyncio.Task[Any] | None:
        """Call a handler; what it returns to be awaited is a task from then on, which is returned.

        Args:
            handler: code of the user.
            value: what it gets.
            over: called with what it raised, or with None, when it is through; `asyncio.CancelledError` counts as None.
        """
        context = self._bridge.context.copy()
        try:
            coroutine = context.run(handler, value)
        except Exception as error:  # noqa: BLE001 - a handler's crash ends with it
            over(error)
            return None
        if not inspect.isawaitable(coroutine):
            over(None)
            return None
        body = coroutine if inspect.iscoroutine(coroutine) else _awaited(coroutine)
        task = self._bridge.loop.create_task(body, context=context)
        self._running.add(task)
        task.add_done_callback(lambda task: self._ended(task, over))
        return task

    def _ended(self, task: asyncio.Task[Any], over: Over) -> None:
        self._running.discard(task)
        over(None if task.cancelled() else task.exception())

    async def finish(self, seconds: float) -> None:
        """Wait until every task but the current one is through, and cancel what is not after ``seconds``."""
        others = self._running - {asyncio.current_task()}
        if others:
            _, late = await asyncio.wait(others, timeout=seconds)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=seconds)


async def _awaited(awaitable: Any) -> Any:
    return await awaitable
