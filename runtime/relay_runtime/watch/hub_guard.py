"""The hub guard: names the code that keeps a hub from running anybody else.

A timer of the hub beats; a thread of the system's own looks whether it still does. When the beat is late by more than
the limit, the thread reads from the stack of the hub's thread who is at fault, and once the hub is free again, one
line tells it, with how long it lasted. Nothing is patched and no signal is used.

Clients of one hub share one guard. While nothing is blocked it costs a few wake-ups a second.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any, Final
from weakref import WeakKeyDictionary

import gevent
import msgspec
import pykka

from relay_actors.call.call import Call
from relay_actors.kit import clock
from relay_actors.kit.actor import GreenletActor
from relay_actors.kit.log import logger
from relay_actors.kit.native import allocate_lock, start_thread
from relay_actors.kit.stack import place, user_frame
from relay_actors.kit.timer import Timer
from relay_actors.telemetry.stats import Stats

__all__ = ["DEFAULT_LIMIT", "Culprit", "HubWatch", "checked_limit", "culprit_in", "watch_hub"]

DEFAULT_LIMIT: Final = 0.25
"""Seconds for which code may keep the hub from running anybody else, before it is named."""

_BEATS: Final = 4  # per limit: what lasts a quarter longer than the limit is noticed for sure
_STILL: Final = 20  # limits after which the thread itself tells of a blockage that has no end yet


class Culprit(msgspec.Struct, frozen=True):
    """Who was found at work while the hub was blocked.

    Attributes:
        where: file, line and function.
        actor: the name of the actor's class, or an empty string.
        call_id: the call it belongs to, or an empty string.
        beat: the last beat of the hub before it, in monotonic seconds.
    """

    where: str
    actor: str
    call_id: str
    beat: float

    @property
    def who(self) -> str:
        """Who it is, and where that stands, in words."""
        by = f"{self.actor} of call {self.call_id}" if self.call_id else self.actor or "code outside of the actors"
        return f"{by}, at {self.where}"

    def tell(self, how_long: str) -> None:
        """Log it."""
        logger.bind(**({"call_id": self.call_id} if self.call_id else {})).warning(
            "the hub {} by {}; Call.offload runs such work on a thread", how_long, self.who
        )


class HubWatch:
    """One client's share in the guard of its hub; `close` ends it."""

    def __init__(self, guard: _Guard, limit: float, stats: Stats) -> None:
        self._guard: _Guard | None = guard
        self.limit = limit
        self.stats = stats

    def close(self) -> None:
        """Watch no more; the last one to leave ends the guard. Never blocks."""
        guard, self._guard = self._guard, None
        if guard is not None:
            guard.leave(self)


def watch_hub(hub: Any, limit: float, stats: Stats) -> HubWatch:
    """Watch a hub, from its own thread. Never blocks.

    Args:
        hub: the hub.
        limit: seconds for which it may be blocked.
        stats: where it is counted, as ``hub_blocked``.
    """
    guard = _guards.get(hub)
    if guard is None or guard.process != os.getpid():  # a fork has no threads
        guard = _guards[hub] = _Guard(hub)
    watch = HubWatch(guard, limit, stats)
    guard.join(watch)
    return watch


def checked_limit(limit: Any, name: str = "hub_guard") -> float | None:
    """Return a limit in seconds, or None, if it is one; ``name`` is how the user has called it.

    Raises:
        ValueError: it is none.
    """
    if limit is None:
        return None
    if isinstance(limit, bool) or not isinstance(limit, int | float) or not 0 < limit < math.inf:
        raise ValueError(f"{name} is {limit!r}; accepted is a number of seconds above 0, or None for no guard")
    return float(limit)


class _Guard:
    """The beat of one hub and the thread that listens to it.

    The two sides share three values, each of which has one writer: the beat (the hub), the culprit of a beat, and
    whose beat was told of already (the thread).
    """

    def __init__(self, hub: Any) -> None:
        self.process = os.getpid()
        self._hub = hub
        self._thread = hub.thread_ident
        self._watches: list[HubWatch] = []
        self._limit = math.inf
        self._period = math.inf
        self._timer = Timer()
        self._stop: Any = None
        self._beat = 0.0
        self._culprit: Culprit | None = None

    # In the hub's thread

    def join(self, watch: HubWatch) -> None:
        self._watches.append(watch)
        self._restart()

    def leave(self, watch: HubWatch) -> None:
        self._watches.remove(watch)
        self._restart()

    def _restart(self) -> None:
        """Beat for the strictest limit; end when there is none."""
        self._end()
        if not self._watches:
            if _guards.get(self._hub) is self:
                del _guards[self._hub]
            return
        self._limit = min(watch.limit for watch in self._watches)
        self._period = self._limit / _BEATS
        self._beat = clock.real_monotonic()
        self._timer.call_after(self._period, self._beats, repeat=True, ref=False, real=True)
        self._stop = allocate_lock()
        self._stop.acquire()
        start_thread(self._listen, (self._stop, self._limit, self._period))

    def _end(self) -> None:
        if self._timer.started:
            self._timer.cancel()
            self._stop.release()

    def _beats(self) -> None:
        """Note that the hub runs. Called by the hub itself: it must not block."""
        now, before = clock.real_monotonic(), self._beat
        self._beat = now
        culprit = self._culprit
        if culprit is not None and culprit.beat == before:
            gevent.spawn_raw(self._report, culprit, now - before)

    def _report(self, culprit: Culprit, seconds: float) -> None:
        for watch in self._watches:
            watch.stats.hub_blocked += seconds >= watch.limit
        culprit.tell(f"was blocked for {seconds:.2f} s")

    # In the guard's thread

    def _listen(self, stop: Any, limit: float, period: float) -> None:
        """Look at the beat until told to stop."""
        told = suspect = -1.0
        delay = limit
        while not stop.acquire(True, delay):
            beat = self._beat
            late = clock.real_monotonic() - beat
            delay = period
            if late < limit:
                delay = limit - late
            elif suspect != beat:
                suspect = beat  # a machine that slept wakes both: the hub gets a moment to beat
            elif self._culprit is None or self._culprit.beat != beat:
                if not self._catch(beat):
                    return
            elif late > _STILL * limit and told != beat:
                told = beat
                self._culprit.tell(f"has been blocked for {late:.1f} s, and still is,")

    def _catch(self, beat: float) -> bool:
        """Read from the stack of the hub's thread who is at work; return whether that thread still lives."""
        frame = sys._current_frames().get(self._thread)
        if frame is None:
            return False
        culprit = culprit_in(frame, beat)
        if culprit is not None:  # else it is not blocked, but not scheduled by the system
            self._culprit = culprit
        return True


def culprit_in(frame: FrameType, beat: float = 0.0) -> Culprit | None:
    """Return who is at work in the stack of a hub's thread, or None when the hub waits for events. Any thread.

    Args:
        frame: the innermost frame of the stack.
        beat: see `Culprit`.
    """
    own = user_frame(frame)
    if own is None and frame.f_globals.get("__name__") == "gevent.hub":
        return None
    actor = next(_actors(frame), None)
    call_id = actor.call_id if isinstance(actor, Call) else ""
    name = "" if actor is None else type(actor).__name__
    return Culprit(place(own or frame), name, call_id, beat)


def _actors(frame: FrameType | None) -> Iterator[pykka.Actor]:
    """Yield the actors whose methods are in a stack, innermost first."""
    while frame is not None:
        if frame.f_code.co_varnames[:1] == ("self",):
            found = frame.f_locals.get("self")
            if isinstance(found, pykka.Actor):
                yield found.face if isinstance(found, GreenletActor) else found
        frame = frame.f_back


_guards: WeakKeyDictionary[Any, _Guard] = WeakKeyDictionary()
