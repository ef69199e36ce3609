"""A sandbox on a hub in a thread of its own, for tests whose own thread runs a loop of asyncio."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar

from relay_runtime.aio.hub_thread import HubThread
from relay_runtime.sandbox import Sandbox

__all__ = ["LIMIT", "ThreadedSandbox"]

T = TypeVar("T")
LIMIT = 60.0


class ThreadedSandbox:
    """Use it as a context manager; its methods may be called from any thread.

    Attributes:
        sandbox: the sandbox; its settings may be read anywhere.
    """

    def __init__(self, **settings: Any) -> None:
        self.sandbox = Sandbox(**{"time_scale": 0.01, "control_port": None, **settings})
        self._thread = HubThread(lambda _: None)

    def __enter__(self) -> Self:
        self._thread.start()
        self.do(self.sandbox.__enter__)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.do(self.sandbox.__exit__, kind, error, trace)
        self._thread.stop()
        self._thread.join(LIMIT)

    def begin(self, function: Callable[..., T], *args: Any, **kwargs: Any) -> Future[T]:
        """Have a greenlet of the sandbox run a function; return the future of its result."""
        return self._thread.submit(partial(function, *args, **kwargs))

    def do(self, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Run a function in a greenlet of the sandbox and return its result. Blocks this thread."""
        return self.begin(function, *args, **kwargs).result(LIMIT)
