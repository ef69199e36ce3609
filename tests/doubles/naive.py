"""The actor one gets by filling in Pykka's three hooks on gevent and no more: it has every trap that ours avoids."""

from __future__ import annotations

import sys
from typing import Any

import gevent
import pykka
from gevent.event import AsyncResult
from gevent.queue import Queue

__all__ = ["NaiveActor", "NaiveFuture"]


class NaiveFuture(pykka.Future[Any]):
    def __init__(self) -> None:
        super().__init__()
        self._result: AsyncResult[Any] = AsyncResult()

    def get(self, *, timeout: float | None = None) -> Any:
        try:
            return super().get(timeout=timeout)
        except NotImplementedError:
            pass
        try:
            return self._result.get(timeout=timeout)
        except gevent.Timeout as error:
            raise pykka.Timeout(f"{timeout} seconds") from error

    def set(self, value: Any = None) -> None:
        self._result.set(value)

    def set_exception(self, exc_info: Any = None) -> None:
        self._result.set_exception((exc_info or sys.exc_info())[1])


class NaiveActor(pykka.Actor):
    """Pykka's loop, unchanged, in a greenlet."""

    _loop_greenlet: Any = None

    @staticmethod
    def _create_actor_inbox() -> Any:
        return Queue()

    @staticmethod
    def _create_future() -> NaiveFuture:
        return NaiveFuture()

    def _start_actor_loop(self) -> None:
        self._loop_greenlet = gevent.spawn(self._actor_loop)
