"""Ends what is left of a test when it is over: greenlets that the app or the test has started, and code in them."""

from __future__ import annotations

import gc
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final, NamedTuple
from weakref import WeakKeyDictionary, WeakSet

import gevent
from gevent.hub import get_hub
from greenlet import getcurrent

from relay_actors.kit import clock
from relay_actors.kit.crash_log import kept_by
from relay_actors.kit.fork import HeldGreenlet
from relay_actors.kit.scheduler import Scheduler
from relay_actors.kit.stack import is_own, own_frame, place

__all__ = ["Greenlets", "LeftRunning", "none_left", "some_left"]

_ENDING: Final = 5.0
"""Seconds that code has to clean up when it is ended."""
_LOOK: Final = 0.1


class LeftRunning(UserWarning):
    """Code of an app or a test still ran when the test was over, and was ended; the text says where it stood."""


class _Left(NamedTuple):
    """A greenlet that is left of a test, with the file and line to look at, and all of it in words."""

    greenlet: Any
    file: str
    line: int
    told: str


class Greenlets:
    """The greenlets of one test, in this thread: those that own code starts, and those in which it runs."""

    def __init__(self) -> None:
        self._hub = get_hub()
        self._spawned: WeakKeyDictionary[Any, tuple[str, int, str] | None] = WeakKeyDictionary()
        scheduler = Scheduler.current()
        scheduler.dismiss()  # so that none is older than a heap that a test suite has frozen, where nobody finds it
        self._busy_before = scheduler.working
        busy = [each for each in _of_ours() if own_frame(each.gr_frame)] if self._busy_before else []
        self._before = WeakSet(busy)  # a worker that somebody knows of is given no other code

    def note(self, greenlet: Any) -> None:
        """Keep in mind a greenlet that has been started, and by which line. gevent calls this, in any thread."""
        if get_hub() is self._hub:
            frame = _spawner(sys._getframe(1))
            by = None if frame is None else (frame.f_code.co_filename, frame.f_lineno, place(frame))
            self._spawned[greenlet] = by

    def left(self) -> list[_Left]:
        """Return those that still run, or are still to begin, in the order of nothing. Never blocks."""
        found = [_found(each, by) for each, by in list(self._spawned.items()) if not each.dead]
        if Scheduler.current().working > self._busy_before:
            found += [_found(each, None) for each in _of_ours() if each not in self._before]
        return [each for each in found if each is not None]

    def end(self) -> None:
        """End all that is left, and warn of each. Blocks the current greenlet for some seconds at most."""
        left = self.left()
        with kept_by(_overlook):  # that it was killed is no crash to be read
            for each in left:
                gevent.kill(each.greenlet)
            end = clock.monotonic() + _ENDING
            while any(not each.greenlet.dead for each in left) and clock.monotonic() < end:
                gevent.sleep(_LOOK)
        for each in left:
            became = "was ended" if each.greenlet.dead else "can't be ended: it does not let GreenletExit pass"
            warnings.warn_explicit(
                f"code went on when its test was over, and {became}; {each.told}", LeftRunning, each.file, each.line
            )


_of_tests: Final[list[Greenlets]] = []


@contextmanager
def none_left() -> Iterator[Greenlets]:
    """Have no greenlet of a test go on behind the block: what is left is ended, and warned of."""
    greenlets = Greenlets()
    gevent.Greenlet.add_spawn_callback(greenlets.note)
    _of_tests.append(greenlets)
    try:
        yield greenlets
    finally:
        _of_tests.remove(greenlets)
        gevent.Greenlet.remove_spawn_callback(greenlets.note)
        greenlets.end()


def some_left() -> bool:
    """Tell whether something of the current test still runs, its own greenlets among it. Never blocks."""
    return any(greenlets.left() for greenlets in _of_tests)


def _overlook(_error: BaseException, _what: str, _context: object) -> None:
    """Make nothing of a crash."""


def _found(greenlet: Any, spawned: tuple[str, int, str] | None) -> _Left | None:
    """Return what there is to say of a greenlet; None if own code has nothing to do with it."""
    frame = own_frame(greenlet.gr_frame)
    if greenlet is getcurrent() or (frame is None and spawned is None):
        return None
    if frame is None:
        assert spawned is not None
        return _Left(greenlet, *spawned[:2], f"it was started at {spawned[2]}")
    started = "" if spawned is None else f", started at {spawned[2]}"
    return _Left(greenlet, frame.f_code.co_filename, frame.f_lineno, f"it stood at {place(frame)}{started}")


def _spawner(frame: FrameType | None) -> FrameType | None:
    """Return the frame that has started a greenlet, behind those of gevent, if it is somebody's own."""
    while frame is not None and str(frame.f_globals.get("__name__")).partition(".")[0] == "gevent":
        frame = frame.f_back
    return frame if frame is not None and is_own(frame) else None


def _of_ours() -> list[Any]:
    """Return the greenlets in which this runtime runs code, that of users among it. Looks at every object there is."""
    hub = get_hub()
    return [
        each for each in gc.get_objects() if isinstance(each, HeldGreenlet) and not each.dead and each.parent is hub
    ]
