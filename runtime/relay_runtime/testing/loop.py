"""What stands before a hub's event loop while a test owns the time: timers wait for virtual seconds, not for real ones.

Timers are kept in a heap. When nothing else is ready, which an ``idle`` watcher of libev says, the time jumps to the
next of them. Everything else (sockets, signals, callbacks from other threads) is the loop's own. While threads of
gevent's pools work, those of `Call.offload` too, the time stands still until the hub has their result: how long the
machine takes for it must not decide what comes first.
"""

from __future__ import annotations

import heapq
import itertools
import math
import sys
from collections.abc import Callable
from typing import Any, Final, Self

from relay_runtime.testing.handovers import Handover, Handovers
from relay_runtime.testing.loop_proxy import LoopProxy

__all__ = ["VirtualLoop", "VirtualTimer"]

_SPIN: Final = 100_000
"""Callbacks in a row without an idle moment: so many are code that waits by ``gevent.sleep(0)``, and time goes on."""

_MOMENT: Final = 1e-6
"""Who waits for so many seconds gives the others their turn, and no time passes."""

_MOMENTS: Final = 1_000
"""Moments in a row by which no time has passed: so many are code that waits by them, and time goes on a little."""

_SPINS: Final = 50
"""How often code may spin so with no timer left that could end it, until the test is interrupted."""

_SECOND: Final = 1_000_000_000
"""Ticks in a second: the time is counted in whole ones, so that no sum of waits is off by a rounding."""

_LONGEST: Final = 1e9  # seconds
_MIN_GARBAGE: Final = 1024


class VirtualTimer:
    """One timer, as `gevent` uses those of its loop."""

    __slots__ = ("_loop", "_real", "_repeat", "_seconds", "args", "callback", "due", "entry", "ref")

    def __init__(self, loop: VirtualLoop, seconds: float, repeat: float, *, ref: bool) -> None:
        self._loop = loop
        self._seconds = seconds
        self._repeat = repeat
        self._real: Any = None
        self.ref = ref
        self.due = 0
        self.entry = -1
        self.callback: Callable[..., object] | None = None
        self.args: tuple[Any, ...] = ()

    @property
    def loop(self) -> VirtualLoop:
        """The loop that it was made by, as gevent's own timers tell."""
        return self._loop

    @property
    def active(self) -> bool:
        """Whether it is to fire."""
        return self.callback is not None

    @property
    def pending(self) -> bool:
        """Whether it has fired and its callback is still to be called: never, since both are one step."""
        return False

    def start(self, callback: Callable[..., object], *args: Any, update: object = None) -> None:  # noqa: ARG002
        """Have ``callback(*args)`` called in the hub when the time is over."""
        if not callable(callback):
            raise TypeError(f"Expected callable, not {callback!r}")
        started, self.callback, self.args = self.active, callback, args
        if not started:
            self._loop.add(self, self._seconds)

    def again(self, callback: Callable[..., object], *args: Any, update: object = True) -> None:  # noqa: ARG002
        """Begin anew with the seconds of a repetition."""
        self.stop()
        self.callback, self.args = callback, args
        self._loop.add(self, self._repeat)

    def stop(self) -> None:
        """Fire no more."""
        if self.callback is not None:
            self.callback, self.args = None, ()
            self._loop.removed(self)
        if self._real is not None:
            self._real.close()
            self._real = None

    close = stop

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def fire(self) -> None:
        """Call the callback; a timer that repeats is due again."""
        callback, args = self.callback, self.args
        if callback is None:
            return
        if self._repeat:
            self._loop.add(self, self._repeat, again=True)
        else:
            self.callback, self.args = None, ()
            self._loop.fired(self)
        try:
            callback(*args)
        except BaseException:  # noqa: BLE001 - the loop goes on, as libev's does
            self._loop.handle_error(self, *sys.exc_info())

    def go_real(self, loop: Any, seconds: float) -> None:
        """Wait for so many real seconds: whoever waits here does not wait for ever."""
        if self.callback is not None:
            self._real = loop.timer(seconds, self._repeat, ref=self.ref)
            self._real.start(self.callback, *self.args)


class VirtualLoop(LoopProxy):
    """Stands before the loop of one hub; what it does not have itself is the loop's.

    Args:
        loop: the loop, of libev.
        on_limit: called in the hub when the time would pass ``limit``.

    Attributes:
        limit: how many virtual seconds may pass.
    """

    def __init__(self, loop: Any, on_limit: Callable[[], object]) -> None:
        super().__init__(loop)
        self._on_limit = on_limit
        self._heap: list[tuple[int, int, VirtualTimer]] = []
        self._order = itertools.count()
        self._garbage = 0  # entries of the heap whose timers were stopped
        self._awaited = 0  # timers that keep a hub from ending (gevent: ref)
        self._held = False  # while results of threads are awaited
        self._handovers = Handovers(loop, self._hold, self._release)
        self._ended = False
        self._in_a_row = self._moments = self._spins = 0
        self._run_callback = loop.run_callback
        self._idle = loop.idle(priority=loop.MINPRI)
        self._ticks = 0
        self.limit = math.inf

    # What gevent asks of a loop

    def timer(self, after: float, repeat: float = 0.0, ref: bool = True, priority: object = None) -> Any:  # noqa: FBT001, FBT002
        """Return a timer over virtual seconds."""
        if self._ended:
            return self._loop.timer(after, repeat, ref, priority)
        if repeat < 0.0:
            raise ValueError(f"repeat must be positive or zero: {repeat!r}")
        return VirtualTimer(self, after, repeat, ref=ref)

    def async_(self, ref: bool = True, priority: object = None) -> Handover:  # noqa: FBT001, FBT002
        """Return a watcher by which another thread wakes the hub."""
        return self._handovers.watcher(self._loop.async_(ref=ref, priority=priority))

    def now(self) -> float:
        """Return the virtual seconds since the beginning."""
        return self._ticks / _SECOND

    def run_callback(self, function: Callable[..., object], *args: Any) -> Any:
        """Have the hub call something soon."""
        self._in_a_row += 1
        if self._in_a_row >= _SPIN:
            self._in_a_row = 0
            self._run_callback(self._go_on)
        return self._run_callback(function, *args)

    # Timers

    def add(self, timer: VirtualTimer, seconds: float, *, again: bool = False) -> None:
        """Have a timer fire in so many seconds; ``again`` if it is counted already."""
        if self._ended:
            timer.go_real(self._loop, seconds)
            return
        timer.due, timer.entry = self._ticks + _ticks(seconds), next(self._order)
        heapq.heappush(self._heap, (timer.due, timer.entry, timer))
        if timer.ref and not again:
            self._awaited += 1
        self._watch()

    def removed(self, timer: VirtualTimer) -> None:
        """Note that a timer that was to fire is not."""
        if self._ended:
            return
        self.fired(timer)
        self._garbage += 1
        if self._garbage > _MIN_GARBAGE and self._garbage * 2 > len(self._heap):
            self._heap = [entry for entry in self._heap if entry[2].entry == entry[1]]
            heapq.heapify(self._heap)
            self._garbage = 0

    def fired(self, timer: VirtualTimer) -> None:
        """Note that a timer will not fire again."""
        timer.entry = -1
        self._awaited -= timer.ref
        if not self._awaited:
            self._idle.stop()

    def _hold(self) -> None:
        self._held = True
        self._idle.stop()

    def _release(self) -> None:
        self._held = False
        self._watch()

    def _watch(self) -> None:
        """Be told of idle moments while there is something to jump to; else libev waits, or says that it is over."""
        if self._awaited and not self._held and not self._idle.active:
            self._idle.start(self._on_idle)

    def _on_idle(self) -> None:
        self._in_a_row = 0
        if not self._loop._callbacks:
            self._go_on()

    def _go_on(self) -> None:
        """Jump to the next timer, and fire all that are due at that moment and were set before it."""
        while self._heap and self._heap[0][2].entry != self._heap[0][1]:
            heapq.heappop(self._heap)
            self._garbage -= 1
        if self._held:
            return
        if not self._heap:
            self._spins += 1
            if self._spins > _SPINS:
                self._on_limit()
            return
        if self._heap[0][0] > self.limit * _SECOND:
            self._on_limit()
            return
        self._spins = 0
        self._moments = 0 if self._heap[0][0] > self._ticks else self._moments + 1
        self._ticks = max(self._ticks, self._heap[0][0])
        if self._moments > _MOMENTS:
            self._ticks += 1  # code that waits by moments alone
        last = next(self._order)
        while self._heap and self._heap[0][0] <= self._ticks and self._heap[0][1] < last:
            _, order, timer = heapq.heappop(self._heap)
            if timer.entry == order:
                timer.fire()
            else:
                self._garbage -= 1

    def end(self) -> None:
        """Give the timers that are left to the machine's time."""
        self._ended = True
        self._idle.stop()
        self._idle.close()
        for due, order, timer in sorted(self._heap, key=lambda entry: entry[:2]):
            if timer.entry == order:
                timer.go_real(self._loop, max(0, due - self._ticks) / _SECOND)
        self._heap.clear()


def _ticks(seconds: float) -> int:
    """Return how many ticks pass in so many seconds: at least one in more than none, so that every waiter comes on."""
    if seconds <= 0 or seconds == _MOMENT:
        return 0
    return max(1, math.ceil(min(seconds, _LONGEST) * _SECOND - 0.01))
