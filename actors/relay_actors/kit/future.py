"""Pykka's future on gevent: a value, or an exception, that one greenlet sets and others wait for."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar

import pykka
from gevent.hub import get_hub
from greenlet import getcurrent
from pykka._future import _Unset

from relay_actors.kit.fork import resume, timers

__all__ = ["GreenletFuture", "awaited"]

T = TypeVar("T")

_PENDING: Any = object()


class _Sleeper:
    """A greenlet that waits, resumed by the hub itself.

    Not by a `Waiter`, whose method would hold the greenlet until it is back in the hub: a worker that ends before that
    would not be used again (`relay_actors.kit.scheduler`).
    """

    __slots__ = ("_greenlet", "_hub", "_resuming")

    def __init__(self, hub: Any) -> None:
        self._hub = hub
        self._greenlet: Any = getcurrent()
        self._resuming: Any = None  # the callback that is to resume it

    def wake(self) -> None:
        """Resume it soon, if it sleeps. Never blocks."""
        if self._greenlet is not None and self._resuming is None:
            self._resuming = self._hub.loop.run_callback(resume, self._greenlet)

    def sleep(self) -> None:
        """Block the current greenlet until `wake` is called."""
        try:
            self._hub.switch()
        except BaseException:
            if self._resuming is not None:
                self._resuming.stop()  # or it would resume whatever this greenlet waits for next
            raise
        finally:
            self._greenlet = self._resuming = None


class GreenletFuture(pykka.Future[T]):
    """A result that is not there yet.

    The first `set`, `set_exception` or `resolve` wins. Any number of greenlets may wait; waiting blocks only the
    greenlet that calls `get`.
    """

    # On the class, so that making one, which happens for each command and each operation, costs nothing. Pykka's own
    # fields too: its `map` and `filter` set them.
    _value: Any = _PENDING
    _error: BaseException | None = None
    _origin: TracebackType | None = None
    _callback: Callable[[], object] | None = None  # the first; most have no other
    _callbacks: list[Callable[[], object]] | None = None
    _get_hook = None
    _get_hook_result: Any = _Unset()

    def __init__(self) -> None:
        """Make a future without a result."""

    def done(self) -> bool:
        """Return whether there is a result."""
        return self._value is not _PENDING

    def get(self, *, timeout: float | None = None) -> Any:
        """Return the result, or raise it. Blocks the current greenlet until there is one.

        Raises:
            pykka.Timeout: if ``timeout`` seconds passed first.
        """
        if self._get_hook is not None:
            return super().get(timeout=timeout)
        if self._value is _PENDING and not self.wait(timeout):
            raise pykka.Timeout(f"{timeout} seconds")
        if self._error is not None:
            raise self._to_raise(self._error)
        return self._value

    def _to_raise(self, error: BaseException) -> BaseException:
        """Return an exception for one who waits, which does not keep what this future keeps, if it can be copied."""
        renewed: Callable[[], BaseException] | None = getattr(error, "renewed", None)
        if renewed is not None:
            error = renewed()
        # Raised again and again, an exception would drag an ever longer traceback along.
        return error.with_traceback(self._origin)

    def wait(self, timeout: float | None = None) -> bool:
        """Block the current greenlet until there is a result; return False when ``timeout`` seconds passed first."""
        if self._value is not _PENDING:
            return True
        if self._get_hook is not None:
            return self._wait_for_hook(timeout)
        hub: Any = get_hub()
        sleeper = _Sleeper(hub)
        wake = sleeper.wake  # one for the future and for the timer
        self.add_done_callback(wake)
        timer = None
        if timeout is not None:
            timer = hub.loop.timer(max(timeout, 0.0))
            timer.start(wake)
            timers.add(timer)
        try:
            sleeper.sleep()
        finally:
            if timer is not None:
                timer.close()
                timers.discard(timer)
            if self._value is _PENDING:
                self.remove_done_callback(wake)
        return self._value is not _PENDING

    def _wait_for_hook(self, timeout: float | None) -> bool:
        """Wait for a future that computes its result from others (Pykka's `map`, `filter`, `join`)."""
        try:
            self.get(timeout=timeout)
        except pykka.Timeout:
            return False
        except Exception:  # noqa: BLE001, S110 - it is raised by `get`
            pass
        return True

    def add_done_callback(self, callback: Callable[[], object]) -> None:
        """Call ``callback()`` when there is a result, in the greenlet that sets it; at once if there is one already.

        The callback must not block.
        """
        if self._value is not _PENDING:
            callback()
        elif self._callback is None and self._callbacks is None:
            self._callback = callback
        elif self._callbacks is None:
            self._callbacks = [callback]
        else:
            self._callbacks.append(callback)

    def remove_done_callback(self, callback: Callable[[], object]) -> None:
        """Forget a callback that was not called yet; does nothing when it was."""
        if self._callback == callback:
            self._callback = None
        elif self._callbacks is not None and callback in self._callbacks:
            self._callbacks.remove(callback)

    def set(self, value: T | None = None) -> None:
        """Set the result.

        Raises:
            RuntimeError: if there is a result already.
        """
        if not self.resolve(value):
            raise RuntimeError("the future has a result already")

    def set_exception(self, exc_info: Any = None) -> None:
        """Set an exception from ``exc_info``, or the one being handled (Pykka's contract).

        Raises:
            RuntimeError: if there is a result already.
        """
        error = (exc_info or sys.exc_info())[1]
        assert error is not None
        if not self.fail(error):
            raise RuntimeError("the future has a result already")

    def resolve(self, value: T | None) -> bool:
        """Set the result unless there is one; return whether it was set."""
        if self._value is not _PENDING:
            return False
        self._value = value
        if self._callback is not None or self._callbacks is not None:
            self._notify()
        return True

    def fail(self, error: BaseException) -> bool:
        """Set an exception unless there is a result; return whether it was set."""
        if self._value is not _PENDING:
            return False
        self._value = None
        self._error = error
        self._origin = error.__traceback__
        self._notify()
        return True

    def _notify(self) -> None:
        callback, callbacks = self._callback, self._callbacks
        if callback is not None:
            self._callback = None
            callback()
        if callbacks is not None:
            self._callbacks = None
            for each in callbacks:
                each()


def awaited(message: Any, reply_to: GreenletFuture[Any] | None) -> GreenletFuture[Any] | None:
    """Return the future that somebody waits for: a message that is one itself, or else that of an ask, if it is one."""
    return message if isinstance(message, GreenletFuture) else reply_to
