"""The sandbox's clock: one heap of timers, run by one greenlet.

Two kinds of seconds exist here. *Line seconds* are what happens on a telephone line (a prompt, a pause of
the caller, a ring) and are multiplied by ``time_scale``. *Real seconds* are limits set on the client, which
does not run on this clock, and are never scaled.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from typing import Any, Final

import gevent
from gevent.event import Event

from relay_actors.kit import clock

__all__ = ["Clock", "Timer", "epoch", "epoch_ms", "epoch_us", "now"]

_BATCH: Final = 500  # timers run before other greenlets get a turn
_MIN_GARBAGE: Final = 1024  # cancelled timers kept before the heap is rebuilt


class Timer:
    """A callback that is due at a moment, unless it is cancelled first."""

    __slots__ = ("_clock", "args", "callback", "due")

    def __init__(self, clock: Clock, due: float, callback: Callable[..., Any], args: tuple[Any, ...]) -> None:
        self._clock = clock
        self.due = due
        self.callback: Callable[..., Any] | None = callback
        self.args = args

    def cancel(self) -> None:
        """Drop the callback; harmless when it has already run."""
        if self.callback is not None:
            self.callback = None
            self.args = ()
            self._clock.forget()


class Clock:
    """Runs callbacks at their time, all in one greenlet of its own.

    Args:
        time_scale: real seconds per line second; 0.01 makes a ten-second prompt last 100 ms.
        on_error: called with the exception of a callback that raised.
    """

    def __init__(self, time_scale: float, on_error: Callable[[Exception], None]) -> None:
        self.time_scale = time_scale
        self._on_error = on_error
        self._heap: list[tuple[float, int, Timer]] = []
        self._order = itertools.count()
        self._garbage = 0
        self._stopped = False
        self._wake = Event()
        self._greenlet: gevent.Greenlet[..., None] | None = None

    def start(self) -> None:
        """Begin to run timers."""
        self._stopped = False
        self._greenlet = gevent.spawn(self._run)

    def stop(self) -> None:
        """End the greenlet and forget every timer, those that are set from now on too; may be called twice."""
        self._stopped = True
        if self._greenlet is not None:
            self._greenlet.kill()
            self._greenlet = None
        for _, _, timer in self._heap:
            timer.callback = None
        self._heap.clear()
        self._garbage = 0

    @property
    def pending(self) -> int:
        """The number of timers that are still to run."""
        return len(self._heap) - self._garbage

    def line_seconds(self, since: float) -> float:
        """Return the line seconds that have passed since ``since`` (of `now`)."""
        return (now() - since) / self.time_scale

    def after(self, line_seconds: float, callback: Callable[..., Any], *args: Any) -> Timer:
        """Run ``callback(*args)`` when so many line seconds have passed."""
        return self.after_real(line_seconds * self.time_scale, callback, *args)

    def after_real(self, seconds: float, callback: Callable[..., Any], *args: Any) -> Timer:
        """Run ``callback(*args)`` when so many real seconds have passed."""
        timer = Timer(self, now() + seconds, callback, args)
        if self._stopped:
            timer.callback = None
            return timer
        heapq.heappush(self._heap, (timer.due, next(self._order), timer))
        if self._heap[0][2] is timer:
            self._wake.set()
        return timer

    def forget(self) -> None:
        """Note that one more timer of the heap was cancelled, and rebuild the heap when most are."""
        self._garbage += 1
        if self._garbage > _MIN_GARBAGE and self._garbage * 2 > len(self._heap):
            self._heap = [entry for entry in self._heap if entry[2].callback is not None]
            heapq.heapify(self._heap)
            self._garbage = 0

    def _run(self) -> None:
        while True:
            self._wake.clear()
            wait = self._run_due()
            if wait == 0:
                gevent.sleep(0)
            else:
                self._wake.wait(wait)

    def _run_due(self) -> float | None:
        """Run what is due; return the seconds to the next timer, 0 for at once, None for no timer."""
        for _ in range(_BATCH):
            if not self._heap:
                return None
            wait = self._heap[0][0] - now()
            if wait > 0:
                return wait
            self._fire(heapq.heappop(self._heap)[2])
        return 0

    def _fire(self, timer: Timer) -> None:
        callback, args = timer.callback, timer.args
        if callback is None:
            self._garbage -= 1
            return
        timer.callback = None
        try:
            callback(*args)
        except Exception as error:  # noqa: BLE001 - the other timers go on
            self._on_error(error)


def now() -> float:
    """Return the time in monotonic seconds."""
    return clock.monotonic()


def epoch() -> float:
    """Return the time in seconds since the epoch."""
    return clock.wall()


def epoch_ms() -> int:
    """Return the time as call states carry it: whole milliseconds since the epoch."""
    return int(epoch() * 1000)


def epoch_us() -> int:
    """Return the time as queue and AI events carry it: whole microseconds since the epoch."""
    return int(epoch() * 1_000_000)
