"""Lets real time pass faster: the same waits as in virtual time, for tests over sockets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import gevent
from gevent.hub import get_hub

from relay_actors.kit import clock
from relay_runtime.testing.loop_proxy import LoopProxy
from relay_runtime.testing.virtual import BEGINNING, refuse_second_owner

__all__ = ["ScaledClock", "scaled_time"]


class ScaledClock:
    """The time of a test, in which so many seconds pass in each second of the machine.

    Args:
        scale: how many.
    """

    def __init__(self, scale: float) -> None:
        self.scale = scale
        self._began = clock.real_monotonic()

    def now(self) -> float:
        """Return the seconds since the beginning, to the microsecond. Never blocks."""
        return round((clock.real_monotonic() - self._began) * self.scale, 6)

    def sleep(self, seconds: float) -> None:
        """Let seconds of this clock pass; blocks the current greenlet."""
        gevent.sleep(seconds)

    def __repr__(self) -> str:
        return f"<ScaledClock {self.now():g} s>"


class _ScaledLoop(LoopProxy):
    """Stands before the loop of one hub, and has its timers fire earlier; all else is the loop's."""

    def __init__(self, loop: Any, clock: ScaledClock) -> None:
        super().__init__(loop)
        self._clock = clock
        self._scale = clock.scale

    def timer(self, after: float, repeat: float = 0.0, ref: bool = True, priority: object = None) -> Any:  # noqa: FBT001, FBT002
        return self._loop.timer(after / self._scale, repeat / self._scale, ref, priority)

    def now(self) -> float:
        return self._clock.now()


@contextmanager
def scaled_time(scale: float = 20.0) -> Iterator[ScaledClock]:
    """Have the current thread's greenlets wait ``scale`` times shorter until the block is left.

    It is the machine's time that passes, so that sockets and other processes keep pace; but work that takes the machine
    a second takes ``scale`` seconds by this clock.

    Args:
        scale: seconds that pass in each second of the machine, from 1.

    Yields:
        The clock.

    Raises:
        ValueError: ``scale`` is no number from 1.
        RuntimeError: the time of this process is owned already.
    """
    if isinstance(scale, bool) or not isinstance(scale, int | float) or not 1 <= scale < float("inf"):
        raise ValueError(f"scale is {scale!r}; accepted is a number from 1: so many seconds pass in one of the machine")
    refuse_second_owner()
    hub: Any = get_hub()
    real, scaled = hub.loop, ScaledClock(scale)
    with ExitStack() as block:
        block.enter_context(clock.run_by(scaled.now, lambda: BEGINNING + scaled.now()))
        block.callback(setattr, hub, "loop", real)
        hub.loop = _ScaledLoop(real, scaled)
        yield scaled
