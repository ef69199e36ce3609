"""What the verbs of an awaited call stand on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from relay_actors.call import call as model
from relay_actors.call.actions import OnCompleted
from relay_runtime.aio.action import Action
from relay_runtime.aio.bridge import Bridge
from relay_runtime.aio.tasks import Tasks

__all__ = ["OnCompleted", "Verbs"]

A = TypeVar("A", bound=Action[Any])
T = TypeVar("T")


class Verbs:
    """Base of the verbs: it has them run on the hub, and hands the results over."""

    __slots__ = ("_bridge", "_of", "_tasks")

    def __init__(self, bridge: Bridge, tasks: Tasks, of: model.Call) -> None:
        self._bridge = bridge
        self._tasks = tasks
        self._of = of

    async def _ask(self, method: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        return await self._bridge.ask(method, self._of, *args, **kwargs)

    async def _begin(self, kind: type[A], method: Callable[..., Any], *args: Any, **kwargs: Any) -> A:
        handler = kwargs.get("on_completed")
        if handler is not None:
            kwargs["on_completed"] = self._tasks.forward(
                handler, "a completion callback of call {} crashed", self._of.call_id
            )
        return kind(self._bridge, await self._bridge.ask(method, self._of, *args, **kwargs))
