"""Finds where code stands: the file and line that a person wants to read, out of a stack of frames."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any, Final

from gevent import GreenletExit, getcurrent

__all__ = ["is_of_the_runtime", "is_own", "own_frame", "place", "stands_at", "user_frame", "was_killed"]

_RUNTIME: Final = frozenset({"relay_actors", "relay_runtime", "gevent", "greenlet", "pykka"})
_INSTALLED: Final = ("/site-packages/", "/dist-packages/")


def user_frame(frame: FrameType | None) -> FrameType | None:
    """Return the innermost frame of somebody's own code in a stack, or None when there is none.

    Frames of this runtime, of gevent and of Pykka never count. Those of the standard library and of installed packages
    count only when there are no others.

    Args:
        frame: the innermost frame of the stack.
    """
    own = own_frame(frame)
    return own or next((each for each in _outwards(frame) if not is_of_the_runtime(each)), None)


def own_frame(frame: FrameType | None) -> FrameType | None:
    """Return the innermost frame in a stack that is of no library and of none of the packages that are installed."""
    return next((each for each in _outwards(frame) if is_own(each)), None)


def is_own(frame: FrameType) -> bool:
    """Tell whether a frame is of no library and of none of the packages that are installed."""
    package = _package(frame)
    if package in _RUNTIME or package in sys.stdlib_module_names:
        return False
    return not any(part in frame.f_code.co_filename for part in _INSTALLED)


def is_of_the_runtime(frame: FrameType) -> bool:
    """Tell whether a frame is of this runtime, of gevent or of Pykka."""
    return _package(frame) in _RUNTIME


def _package(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__")).partition(".")[0]


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def place(frame: FrameType | None) -> str:
    """Return ``FILE:LINE in FUNCTION`` of a frame, or ``an unknown place``."""
    if frame is None:
        return "an unknown place"
    return f"{frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_qualname}"


def stands_at(greenlet: Any) -> str:
    """Return where the code of a greenlet stands, the current one included, as `place` does."""
    frame = sys._getframe(1) if greenlet is getcurrent() else greenlet.gr_frame
    return place(user_frame(frame) or frame)


def was_killed(error: BaseException) -> bool:
    """Return whether an error ends the greenlet in which it was caught: it came from outside into code that waited.

    One that the code has raised by itself does not.
    """
    if not isinstance(error, GreenletExit):
        return False
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and str(trace.tb_frame.f_globals.get("__name__")).startswith("gevent.")
