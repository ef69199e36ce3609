"""The way between a loop of asyncio and the thread of the hub: work goes over, results come back, in batches."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import Context
from functools import partial
from typing import Any, TypeVar

import gevent
from gevent.hub import get_hub

from relay_actors.errors import ClientFailed, NotConnected, RelayTimeout
from relay_actors.kit.future import GreenletFuture
from relay_actors.kit.scheduler import FORKED, Scheduler
from relay_actors.kit.timer import Timer
from relay_runtime.aio.hub_thread import HubThread

__all__ = ["Bridge"]

T = TypeVar("T")

_LOOKS = 0.5  # seconds between two looks whether the loop was closed


class Errand:
    """A function on its way to a greenlet of the hub. Its methods are called in the thread of the hub."""

    __slots__ = ("_bridge", "_cancelled", "_function", "_future", "_unclaimed", "_worker")

    def __init__(
        self,
        bridge: Bridge,
        function: Callable[[], Any],
        future: asyncio.Future[Any],
        unclaimed: Callable[[Any], object] | None,
    ) -> None:
        self._bridge = bridge
        self._function = function
        self._future = future
        self._unclaimed = unclaimed
        self._cancelled = False
        self._worker: Any = None  # the greenlet, while the function runs in it

    def begin(self) -> None:
        """Have the function run in a greenlet of its own."""
        if not self._cancelled:
            Scheduler.current().employ(self)

    def interrupt(self) -> None:
        """End the function where it stands: nobody waits for it any more."""
        self._cancelled = True
        if self._worker is not None:
            self._worker.throw(gevent.GreenletExit())

    def _work(self) -> None:
        if self._cancelled:
            return
        self._worker = gevent.getcurrent()
        try:
            result = self._function()
        except BaseException as error:  # noqa: BLE001 - it is the one's who waits
            self._bridge.post(self._fail, error)
        else:
            self._bridge.post(self._resolve, result)
        finally:
            self._worker = None  # or the greenlet would not be used again

    # In the loop

    def _resolve(self, result: Any) -> None:
        if not self._future.done():
            self._future.set_result(result)
        elif self._unclaimed is not None:
            self._unclaimed(result)

    def _fail(self, error: BaseException) -> None:
        if not self._future.done():
            # A future takes no StopIteration: it would end the coroutine that waits for it.
            self._future.set_exception(RuntimeError(repr(error)) if isinstance(error, StopIteration) else error)


class Bridge:
    """Joins one loop with one hub, for as long as a client is connected.

    Args:
        loop: the user's loop.
        context: the context variables that his code gets.
        abandoned: called with the bridge, in a greenlet of the hub, when the loop was closed and the bridge was not.

    Attributes:
        loop: see above.
        context: see above.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, context: Context, abandoned: Callable[[Bridge], object]
    ) -> None:
        self.loop = loop
        self.context = context
        self._abandoned = abandoned
        self._thread = HubThread(self._thread_ended)
        self._outbox: list[tuple[Callable[..., object], tuple[Any, ...]]] = []
        self._waiting: set[asyncio.Future[Any]] = set()
        self._ended: asyncio.Future[None] = loop.create_future()
        self._failure: BaseException | None = None
        self._looks = Timer()  # looks after the loop

    # In the loop

    def start(self) -> None:
        """Start the hub; takes some milliseconds."""
        self._thread.start()
        self._thread.send(self._begin_looks)

    async def close(self) -> None:
        """End the hub and its thread."""
        self._thread.stop()
        await self.closed()

    async def closed(self) -> None:
        """Wait until the hub and its thread have ended, which somebody else has begun."""
        await asyncio.shield(self._ended)
        self._thread.join()  # it has nothing left to do

    def stop(self) -> None:
        """Have the hub end, and do not wait for it. Any thread."""
        self._thread.stop()

    def join(self, timeout: float) -> None:
        """Wait for the end of the thread. Blocks the current thread."""
        self._thread.join(timeout)

    @property
    def alive(self) -> bool:
        """Whether the hub is there."""
        return self._thread.alive

    @property
    def left_behind(self) -> bool:
        """Whether the hub is in the process that this one was forked from."""
        return self._thread.left_behind

    def refuse_child(self) -> None:
        """Refuse a child of a fork.

        Raises:
            RuntimeError: this is one; the message says what to do.
        """
        if self.left_behind:
            raise RuntimeError(FORKED)

    def refuse_elsewhere(self) -> None:
        """Refuse another loop, and a thread without one while the client's runs.

        Raises:
            RuntimeError: this is one, or a child of a fork; the message says what to do.
        """
        self.refuse_child()
        try:
            here = asyncio.get_running_loop()
        except RuntimeError:
            here = None
        if here is not self.loop and (here is not None or self.loop.is_running()):
            raise RuntimeError(
                "a client of relay_runtime.aio belongs to the loop that connected it; elsewhere, "
                "loop.call_soon_threadsafe(…) or asyncio.run_coroutine_threadsafe(…, loop) has that loop do it"
            )

    @property
    def failed(self) -> bool:
        """Whether the hub has died."""
        return self._failure is not None

    async def ask(
        self,
        function: Callable[..., T],
        *args: Any,
        unclaimed: Callable[[T], object] | None = None,
        lasting: bool = False,
        **kwargs: Any,
    ) -> T:
        """Run a function in a greenlet of the hub, and return its result.

        Args:
            function: what to run; it may block.
            args: its arguments.
            unclaimed: called in the loop with a result that came too late, since whoever asked was cancelled.
            lasting: whether the function goes on when whoever asked is cancelled; else it is ended where it stands.
            kwargs: its keyword arguments.

        Raises:
            ClientFailed: the hub has died.
            NotConnected: there is no hub any more.
            RuntimeError: this is another loop, or a child of a fork.
            Exception: whatever the function raised.
        """
        future = self._future()
        errand = Errand(self, partial(function, *args, **kwargs), future, unclaimed)
        try:
            self.send(errand.begin)
            result: T = await future
        except asyncio.CancelledError:
            if not lasting:
                self._thread.send(errand.interrupt)
            if unclaimed is not None and future.done() and not future.cancelled() and future.exception() is None:
                unclaimed(future.result())
            raise
        finally:
            self._waiting.discard(future)
        return result

    async def result(self, of: GreenletFuture[T], timeout: float | None = None, missed: str = "") -> T:
        """Return the result of a future of the hub, or raise it; other errors as for `ask`.

        Args:
            of: the future.
            timeout: seconds to wait at most, or None.
            missed: what is said when the time is over, in front of the seconds.

        Raises:
            RelayTimeout: the time is over.
        """
        deadline = asyncio.timeout(timeout)
        try:
            async with deadline:
                await self._arrival(of)
        except TimeoutError:
            if deadline.expired():
                raise RelayTimeout(f"{missed} {timeout:g} s") from None
            raise
        value: T = of.get(timeout=0)
        return value

    async def _arrival(self, of: GreenletFuture[Any]) -> None:
        self.refuse_child()
        if of.done():
            return
        future = self._future()
        arrived = partial(self.post, self._arrived, future)
        try:
            self.send(of.add_done_callback, arrived)
            await future
        finally:
            self._waiting.discard(future)
            if not of.done():
                self._thread.send(of.remove_done_callback, arrived)

    def send(self, function: Callable[..., object], *args: Any) -> None:
        """Have the hub call a function, which must not block.

        Raises:
            ClientFailed: the hub has died.
            NotConnected: there is no hub any more.
            RuntimeError: this is another thread or loop, while the client's runs, or a child of a fork.
        """
        self.refuse_elsewhere()
        if not self._thread.send(function, *args):
            raise self._gone()

    def send_if_alive(self, function: Callable[..., object], *args: Any) -> bool:
        """Have the hub call a function, which must not block; return False when there is no hub any more."""
        return self._thread.send(function, *args)

    def _future(self) -> asyncio.Future[Any]:
        self.refuse_elsewhere()
        future = self.loop.create_future()
        self._waiting.add(future)
        return future

    @staticmethod
    def _arrived(future: asyncio.Future[None]) -> None:
        if not future.done():
            future.set_result(None)

    def _gone(self) -> Exception:
        if self._failure is None:
            return NotConnected()
        failure = ClientFailed(f"the thread of the client has died: {type(self._failure).__name__}")
        failure.__cause__ = self._failure
        return failure

    def _hub_gone(self, error: BaseException | None) -> None:
        self._failure = error
        waiting, self._waiting = self._waiting, set()
        for future in waiting:
            if not future.done():
                future.set_exception(self._gone())
        if not self._ended.done():
            self._ended.set_result(None)

    # In the thread of the hub

    def post(self, function: Callable[..., object], *args: Any) -> None:
        """Have the loop call a function. Never blocks; however many there are, the loop is woken once a pass."""
        self._outbox.append((function, args))
        if len(self._outbox) == 1:
            get_hub().loop.run_callback(self._flush)

    def _flush(self) -> None:
        batch, self._outbox = self._outbox, []
        try:
            self.loop.call_soon_threadsafe(self._deliver, deque(batch))
        except RuntimeError:  # the loop is closed
            self._end_looks(closed=True)

    def _deliver(self, batch: deque[tuple[Callable[..., object], tuple[Any, ...]]]) -> None:
        """Call what was posted; in the loop. Whatever one of them raises, what is behind it is not lost."""
        while batch:
            function, args = batch.popleft()
            try:
                function(*args)
            except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - it is told
                self.loop.call_exception_handler({"message": "a callback of relay_runtime.aio", "exception": error})
            except BaseException:
                self.loop.call_soon(self._deliver, batch)
                raise

    def _begin_looks(self) -> None:
        self._looks.call_after(_LOOKS, self._look, repeat=True, ref=False)

    def _look(self) -> None:
        if self.loop.is_closed():
            self._end_looks(closed=True)

    def _end_looks(self, *, closed: bool) -> None:
        if self._looks.started:
            self._looks.cancel()
            if closed:
                gevent.spawn(self._abandoned, self)

    def _thread_ended(self, error: BaseException | None) -> None:
        self._end_looks(closed=False)
        try:
            self.loop.call_soon_threadsafe(self._hub_gone, error)
        except RuntimeError:
            self._failure = error  # the loop is closed: nobody waits
