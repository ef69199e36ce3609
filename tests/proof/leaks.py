"""What is left over: greenlets, actors, futures without a result, watchers of the loop, file descriptors."""

from __future__ import annotations

import gc
import os
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import gevent
from gevent.hub import get_hub
from greenlet import greenlet

from relay_actors.kit.actor import GreenletActor
from relay_actors.kit.future import GreenletFuture
from relay_actors.kit.scheduler import _WORKERS_KEPT

__all__ = ["Census", "census", "left_over"]

_POOL = "_WorkerGreenlet"  # the threads of gevent's own pool, at most ten, which stay for the next look-up of a name
_SETTLING = 10.0  # seconds that timers and closing sockets get to go away


@dataclass(frozen=True)
class Census:
    """All that can leak, by name."""

    greenlets: Counter[str]
    actors: Counter[str]
    futures: int
    watchers: int
    descriptors: int

    def beyond(self, before: Census) -> list[str]:
        """Say what is here and was not before."""
        found = [f"{count} greenlet(s) {name}" for name, count in (self.greenlets - before.greenlets).items()]
        found += [f"{count} actor(s) {name}" for name, count in (self.actors - before.actors).items()]
        for what in ("futures", "watchers", "descriptors"):
            more = getattr(self, what) - getattr(before, what)
            if more > 0:
                found.append(f"{more} {what}")
        return found


def census() -> Census:
    """Count what is there at this moment; walks the garbage collector's list, some 100 ms."""
    for _ in range(3):
        gevent.sleep(0)
    gc.collect()
    greenlets: Counter[str] = Counter()
    actors: Counter[str] = Counter()
    futures = 0
    kept = _kept()
    for each in gc.get_objects():
        kind = type(each)
        if issubclass(kind, greenlet):
            if each and not each.dead and id(each) not in kept and (name := _name(each)) and _POOL not in name:
                greenlets[name] += 1
        elif issubclass(kind, GreenletActor):
            if not each.actor_stopped.is_set():
                actors[kind.__name__] += 1
        elif issubclass(kind, GreenletFuture):
            futures += not each.done()
    descriptors = len(os.listdir("/proc/self/fd"))
    return Census(greenlets, actors, futures, int(get_hub().loop.activecnt), descriptors)


def _kept() -> set[int]:
    """The greenlets that the scheduler keeps on purpose: who gives the turns, and idle workers, a bounded number.

    They are known one by one: a worker that hangs in somebody's code is none of them, and counts as left over.
    """
    scheduler: Any = getattr(get_hub(), "relay_scheduler", None)
    if scheduler is None:
        return set()
    assert len(scheduler._idle) <= _WORKERS_KEPT
    parked = [scheduler._greenlet] if scheduler._parked else []
    return {id(each) for each in (*scheduler._idle, *parked)}


def _name(running: Any) -> str:
    run = getattr(running, "_run", None)
    where = running.gr_frame
    name = getattr(run, "__qualname__", type(running).__name__)
    return f"{name} at {where.f_code.co_qualname}:{where.f_lineno}" if where is not None else name


def left_over(before: Census) -> list[str]:
    """Say what is left over since ``before``, when it has had its time to go. Blocks the current greenlet."""
    end = time.monotonic() + _SETTLING
    while (found := census().beyond(before)) and time.monotonic() < end:
        gevent.sleep(0.05)
    return found
