"""The sandbox that ``start --sandbox`` brings with it, on a thread of its own: the main thread is a loop's."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Any, Final, Self

from gevent.hub import get_hub

from relay_runtime.aio.hub_thread import HubThread
from relay_runtime.cli.embedded import Embedded, Guest
from relay_runtime.watch.logs import log_failures_of

__all__ = ["EmbeddedThread"]

_PATIENCE: Final = 10.0  # seconds that the sandbox may take to start, and to stop


class EmbeddedThread(Embedded):
    """As `Embedded`; its methods may be called from any thread, and from a greenlet of any hub."""

    def __init__(self, time_scale: float, guest: Guest) -> None:
        super().__init__(time_scale, guest)
        self._thread = HubThread(lambda _: None)

    def __enter__(self) -> Self:
        self._thread.start()
        self._thread.send(lambda: log_failures_of(get_hub()))
        try:
            self._thread.submit(super().__enter__).result(_PATIENCE)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._thread.submit(super().__exit__, kind, error, trace).result(_PATIENCE)
        finally:
            self._end()

    def _send(self, function: Callable[..., object], *args: Any) -> None:
        self._thread.send(partial(function, *args))

    def _end(self) -> None:
        self._thread.stop()
        self._thread.join(_PATIENCE)
