"""Owns the time of a program: `virtual_time` has everything wait for virtual seconds, which pass when all is done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final

import gevent
from gevent.hub import get_hub

from relay_actors.kit import chance, clock
from relay_runtime.testing.loop import VirtualLoop

__all__ = ["BEGINNING", "VirtualClock", "VirtualTimeOver", "refuse_second_owner", "virtual_time"]

BEGINNING: Final = 1_767_225_600.0
"""What a calendar shows when virtual time begins, in seconds since the epoch: the first second of 2026 in UTC."""

DAY: Final = 86_400.0


class VirtualTimeOver(RuntimeError):
    """More virtual time has passed than a test was given: something waits for what never comes."""


class VirtualClock:
    """The time of a test.

    Args:
        loop: stands before the loop of the hub.
    """

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop

    def now(self) -> float:
        """Return the virtual seconds since the beginning, to the microsecond. Never blocks."""
        return round(self._loop.now(), 6)

    def sleep(self, seconds: float) -> None:
        """Let virtual seconds pass, with all that happens in them; blocks the current greenlet."""
        gevent.sleep(seconds)

    def __repr__(self) -> str:
        return f"<VirtualClock {self.now():g} s>"


def refuse_second_owner() -> None:
    """Refuse to own the time where it is owned.

    Raises:
        RuntimeError: it is.
    """
    if clock.is_run_by_a_test():
        raise RuntimeError("a test owns the time of this process already: one block of virtual_time() at a time")


@contextmanager
def virtual_time(*, seed: int = 0, limit: float = DAY) -> Iterator[VirtualClock]:
    """Have the current thread's greenlets wait for virtual seconds until the block is left.

    `gevent.sleep`, `gevent.Timeout`, ``timeout=`` of gevent's and of this runtime's waits, and every timer: their time
    is over as soon as nothing else is left to do. Work on threads of gevent's pools, such as `Call.offload`, takes no
    virtual time: the clock stands still until its result is there. `time.time`, `time.sleep` and `datetime` stay real.
    Sockets do too, and nobody waits for them: code that talks to another process does so by `Call.offload`. When the
    block is left, by an error too, the time is real again, and what still waits does so for the rest in real seconds.

    Args:
        seed: ids and jitter follow from it.
        limit: virtual seconds after which whoever opened the block is interrupted.

    Yields:
        The clock.

    Raises:
        RuntimeError: the time of this process is owned already, or its hub has no loop of libev.
        VirtualTimeOver: more than ``limit`` virtual seconds have passed.
    """
    refuse_second_owner()
    hub: Any = get_hub()
    if not type(hub.loop).__module__.startswith("gevent.libev"):
        raise RuntimeError(
            f"virtual time needs gevent's loop libev, not {type(hub.loop).__module__}: set GEVENT_LOOP=libev before "
            "Python starts"
        )
    owner = gevent.getcurrent()

    def overrun() -> None:
        loop.limit += limit
        owner.throw(VirtualTimeOver(f"{loop.limit - limit:g} virtual seconds have passed, and the test still waits"))

    real = hub.loop
    loop = VirtualLoop(real, overrun)
    loop.limit = limit
    with ExitStack() as block:
        block.callback(loop.end)
        block.enter_context(clock.run_by(loop.now, lambda: BEGINNING + loop.now()))
        block.enter_context(chance.seeded(seed))
        block.callback(setattr, hub, "loop", real)
        hub.loop = loop
        yield VirtualClock(loop)
