"""Runs handlers of the user in greenlets: so many at once, and so many more that wait."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from relay_actors.errors import ClientStopped
from relay_actors.kit.scheduler import Scheduler
from relay_actors.kit.user_code import refuse_result

__all__ = ["HandlerPool", "until_stopped"]


def until_stopped(handler: Callable[[Any], object], value: Any) -> None:
    """Run ``handler(value)``; that the client is stopped while it waits is no crash of it."""
    with suppress(ClientStopped):
        refuse_result(handler(value), handler)


class HandlerPool:
    """Runs handlers of the user, each in a greenlet of its own.

    Args:
        at_once: how many may run.
        waiting: how many more may wait, in the order of their coming.
    """

    __slots__ = ("_at_once", "_running", "_waiting", "_waiting_limit")

    def __init__(self, at_once: int = 1_000, waiting: int = 10_000) -> None:
        self._at_once = at_once
        self._waiting_limit = waiting
        self._running = 0
        self._waiting: deque[tuple[Callable[..., object], tuple[Any, ...]]] = deque()

    def __len__(self) -> int:
        return self._running + len(self._waiting)

    def run(self, handler: Callable[..., object], *args: Any) -> bool:
        """Run ``handler(*args)``, which raises nothing, now or later; return False when too many wait. Never blocks."""
        if self._running < self._at_once:
            self._running += 1
            Scheduler.current().run(self._work, handler, args)
        elif len(self._waiting) < self._waiting_limit:
            self._waiting.append((handler, args))
        else:
            return False
        return True

    def _work(self, handler: Callable[..., object], args: tuple[Any, ...]) -> None:
        try:
            handler(*args)
        finally:
            if self._waiting:
                Scheduler.current().run(self._work, *self._waiting.popleft())
            else:
                self._running -= 1
