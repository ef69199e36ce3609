"""What a fork leaves to the parent: in the child nothing of ours goes on but the code that has forked.

A fork copies every greenlet, timer and socket into the child, whose hub would go on with all of them. So each *epoch*,
a process between two forks, is over in the child before any code runs there: greenlets of ours are never resumed,
timers are stopped, and what else has to be given up says so by `in_child`. It is all kept as it stands, since a
greenlet that nobody holds any more would be ended, which runs the ``finally`` of its code.

What others have put into the hub is left alone: `gevent.reinit` and the code of the app work as ever.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from typing import Any, Final, NoReturn

import gevent
from gevent._hub_local import get_hub_if_exists
from gevent.hub import Waiter
from greenlet import getcurrent, greenlet

__all__ = [
    "Epoch",
    "HeldGreenlet",
    "came_back",
    "end_child",
    "epoch",
    "in_child",
    "keep",
    "resume",
    "spawn",
    "take_back",
    "timers",
]

resume: Final = greenlet.switch
"""Resumes a greenlet. What the hub is given by this name is ours, whosever the greenlet is: a child takes it back."""

timers: Final[set[Any]] = set()
"""The timers of ours that run, of all hubs: who starts one adds it, and discards it when it is over."""

_in_child: Final[list[Callable[[], object]]] = []
_kept: Final[list[Any]] = []  # for as long as the child lives


class Epoch:
    """A process between two forks.

    Attributes:
        over: whether this process was forked from it.
    """

    __slots__ = ("over",)

    def __init__(self) -> None:
        self.over = False


class _Current:
    epoch = Epoch()
    forker: Any = None  # in a child, the greenlet of ours whose code has forked


def epoch() -> Epoch:
    """Return the epoch of this process."""
    return _Current.epoch


def in_child(function: Callable[[], object]) -> None:
    """Have a function called in each child, before the code that forked goes on. It must neither block nor raise."""
    _in_child.append(function)


def keep(what: object) -> None:
    """Keep what belongs to the parent for as long as the child lives."""
    _kept.append(what)


class HeldGreenlet(greenlet):
    """A greenlet that nobody can resume in a child: whatever its code waits for, an event of the app, a timeout.

    Attributes:
        epoch: the process that it runs in; whoever makes one sets it, since an ``__init__`` takes its time.
    """

    __slots__ = ("epoch",)

    epoch: Epoch

    def switch(self, *args: Any) -> Any:
        """Resume it; gevent calls this."""
        return None if self.epoch.over else resume(self, *args)

    def throw(self, *args: Any) -> Any:
        """Raise an error in it; gevent calls this."""
        return None if self.epoch.over else super().throw(*args)


class _Spawned(gevent.Greenlet):  # type: ignore[type-arg]  # which it takes in its stubs only
    """As `HeldGreenlet`, with all that gevent's own can do."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.epoch = _Current.epoch

    def switch(self, *args: Any) -> Any:
        return None if self.epoch.over else super().switch(*args)

    def throw(self, *args: Any) -> Any:
        return None if self.epoch.over else super().throw(*args)


def take_back(hub: Any, parked: Any) -> None:
    """Have a hub not resume a greenlet by `resume`, if it is about to. Looks at all that it is about to do."""
    for callback in list(hub.loop._callbacks):
        if callback.callback is resume and callback.args[0] is parked:
            callback.stop()


def spawn(function: Callable[..., object], *args: Any) -> Any:
    """Run a function in a greenlet of ours, as `gevent.spawn` does; it does not go on in a child."""
    greenlet = _Spawned(function, *args)
    greenlet.start()
    return greenlet


def came_back(error: BaseException | None = None) -> None:
    """Note that code of the user is through, with an error or without: a child that it has forked ends with it."""
    if _Current.forker is not None and getcurrent() is _Current.forker:
        end_child(error)


def end_child(error: BaseException | None) -> NoReturn:
    """End the child: the code that has forked is through, and whoever would go on with it is in the parent.

    As in a child of `multiprocessing` no ``atexit`` runs. The exit code is that of `sys.exit`, 1 after another error.
    """
    code = 0 if error is None else 1
    if isinstance(error, SystemExit):
        code = error.code if isinstance(error.code, int) else 0 if error.code is None else 1
    try:
        if isinstance(error, SystemExit) and isinstance(error.code, str):
            sys.stderr.write(f"{error.code}\n")
        elif code and not isinstance(error, SystemExit):
            traceback.print_exception(error)
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _belongs_to_us(function: Any) -> bool:
    """Return whether what the hub is to call is ours, or resumes a greenlet of ours."""
    if function is resume:
        return True
    owner = getattr(function, "__self__", None)
    if isinstance(owner, Waiter):
        owner = owner.greenlet
    if isinstance(owner, greenlet):
        return isinstance(owner, HeldGreenlet | _Spawned)
    return type(owner).__module__.partition(".")[0] in {"relay_actors", "relay_runtime"}


def _leave() -> None:
    """Leave everything to the parent. The child begins with this."""
    _Current.epoch.over = True
    _Current.epoch = Epoch()
    current = getcurrent()
    if isinstance(current, HeldGreenlet | _Spawned):
        current.epoch = _Current.epoch
        _Current.forker = current
    else:
        _Current.forker = None
    hub: Any = get_hub_if_exists()  # that of another thread has no thread here, and does nothing
    if hub is not None and hub.loop is not None:
        for callback in list(hub.loop._callbacks):
            if callback.pending and _belongs_to_us(callback.callback):
                _kept.append((callback.callback, callback.args))
                callback.stop()
        for timer in timers:
            _kept.append((timer.callback, timer.args))
            if timer.loop is hub.loop:
                timer.stop()
    timers.clear()
    for function in _in_child:
        function()


os.register_at_fork(after_in_child=_leave)
