"""A gevent hub in a thread of its own, and the functions that other threads have it run."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

import gevent
from gevent import monkey
from gevent.event import Event
from gevent.hub import get_hub

from relay_actors.kit.actor import forget_actors_of
from relay_actors.kit.fork import epoch

__all__ = ["HubThread", "refuse_patched_threads"]

T = TypeVar("T")


def refuse_patched_threads() -> None:
    """Do nothing where a thread is a thread.

    Raises:
        RuntimeError: the standard library was patched by gevent: a thread would be a greenlet of this very one.
    """
    if monkey.is_module_patched("threading"):
        raise RuntimeError(
            "this process was patched by gevent (gevent.monkey), where a thread is a greenlet and asyncio runs in one "
            "greenlet at a time: use relay_runtime.RelayClient here, or do not patch"
        )


class HubThread:
    """Runs a hub until it is stopped.

    Functions are handed over in batches: however many there are, the hub is woken once for all that wait.

    Args:
        ended: called in the thread when it takes no functions any more, with the error that ended it, or None.
    """

    def __init__(self, ended: Callable[[BaseException | None], object]) -> None:
        self._ended = ended
        self._inbox: deque[Callable[[], object]] = deque()
        self._awake = False  # whether the hub knows that there is something in the inbox
        self._closed = True  # until it is started
        self._epoch = epoch()
        self._lock = threading.Lock()  # between a wake-up and the end of what is woken
        self._waker: Any = None
        self._over: Any = None
        # A daemon: whoever forgets to disconnect must still be able to end the process.
        self._thread = threading.Thread(target=self._main, name="relay-runtime", daemon=True)

    def start(self) -> None:
        """Start the thread, and return when its hub takes functions: after some milliseconds."""
        ready = threading.Event()
        self._inbox.append(ready.set)
        self._awake, self._closed = True, False
        try:
            self._thread.start()
        except BaseException:
            self._closed = True
            raise
        ready.wait()

    @property
    def alive(self) -> bool:
        """Whether functions are still taken; not in a child of a fork, where the thread is not."""
        return not self._closed and not self.left_behind

    @property
    def left_behind(self) -> bool:
        """Whether this process was forked from that of the thread."""
        return self._epoch.over

    def send(self, function: Callable[..., object], *args: Any) -> bool:
        """Have the hub call a function, which must not block; return False when it takes none any more. Any thread."""
        if self._closed or self._epoch.over:
            return False
        self._inbox.append(partial(function, *args) if args else function)
        if not self._awake:
            self._awake = True
            with self._lock:
                if self._closed:
                    return False
                self._waker.send()
        return True

    def submit(self, function: Callable[..., T], *args: Any) -> Future[T]:
        """Have a greenlet of the hub run a function, which may block; return the future of its result. Any thread.

        Raises:
            RuntimeError: the hub takes no functions any more.
        """
        future: Future[T] = Future()

        def work() -> None:
            try:
                future.set_result(function(*args))
            except BaseException as error:  # noqa: BLE001 - whoever waits gets it
                future.set_exception(error)

        if not self.send(gevent.spawn, work):
            raise RuntimeError("the thread of the hub has ended")
        return future

    def stop(self) -> None:
        """Have the thread end. Never blocks; may be called from any thread, and again."""
        self.send(self._over.set)

    def join(self, timeout: float | None = None) -> None:
        """Wait for the end of the thread. Blocks the current thread."""
        self._thread.join(timeout)

    def _main(self) -> None:
        error: BaseException | None = None
        hub = get_hub()
        try:
            self._over = Event()
            self._waker = hub.loop.async_()
            self._waker.start(self._take)
            gevent.spawn(self._take)  # what was sent before there was a hub
            self._over.wait()
        except BaseException as caught:  # noqa: BLE001 - whoever waits for something of the hub is told
            error = caught
            with suppress(BaseException):
                gevent.sleep(0)  # the hub still handles the error: only once it is through with that can it be ended
        with self._lock:
            self._closed = True
            if self._waker is not None:
                self._waker.close()
        try:
            self._ended(error)
        finally:
            forget_actors_of(hub)
            hub.destroy(destroy_loop=True)

    def _take(self) -> None:
        self._awake = False
        inbox = self._inbox
        try:
            while inbox:
                inbox.popleft()()
        finally:
            if inbox:  # one has raised, which the hub tells; the others must not wait for whoever comes next
                self._awake = True
                self._waker.send()
