"""A sandbox on a hub in a thread of its own, for tests whose own thread runs a loop of asyncio."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Self, TypeVar

import gevent

from relay_runtime.aio.hub_thread import HubThread
from relay_runtime.sandbox import Sandbox

__all__ = ["LIMIT", "ThreadedSandbox"]

T = TypeVar("T")
LIMIT = 20.0


class ThreadedSandbox:
    """Use it as a context manager; its methods may be called from any thread.

    Attributes:
        sandbox: the sandbox; its settings may be read anywhere.
    """

    def __init__(self, **settings: Any) -> None:
        self.sandbox = Sandbox(**{"time_scale": 0.01, "control_port": None, **settings})
        self._gone = threading.Event()
        self._thread = HubThread(lambda _: self._gone.set())

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
        future: Future[T] = Future()

        def work() -> None:
            try:
                future.set_result(function(*args, **kwargs))
            except BaseException as error:
                future.set_exception(error)

        assert self._thread.send(gevent.spawn, work)
        return future

    def do(self, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Run a function in a greenlet of the sandbox and return its result. Blocks this thread."""
        return self.begin(function, *args, **kwargs).result(LIMIT)
