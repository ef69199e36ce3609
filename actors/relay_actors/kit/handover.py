"""Hands work of one thread over to the hub of another, and waits for what comes of it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Final, Protocol, TypeVar

from gevent._hub_local import get_hub_if_exists
from gevent.event import Event
from gevent.monkey import get_original

from relay_actors.kit import clock
from relay_actors.kit.fork import spawn
from relay_actors.kit.native import allocate_lock

__all__ = ["HubGone", "HubSilent", "run_in_hub"]

T = TypeVar("T")

_LOOK: Final = 0.5  # seconds between two looks whether the hub is still there


class HubGone(Exception):
    """The hub, or its thread, has ended: what was handed over will not come to its end."""


class HubSilent(Exception):
    """The hub has not begun with what was handed over, and will not: it was taken back."""


class _Bell(Protocol):
    def wait(self, timeout: float) -> object: ...


class _Errand:
    """A function on its way to a greenlet of another thread's hub."""

    def __init__(self, function: Callable[[], Any]) -> None:
        self.function = function
        self.over = False
        self.value: Any = None
        self.error: BaseException | None = None
        self.begun = False
        self._claim = allocate_lock()
        self._ring, self._bell = _made_bell()

    def wait(self) -> None:
        """Wait for the end, for some time. Blocks the current greenlet where there are any, else the thread."""
        self._bell.wait(_LOOK)

    def claim(self) -> bool:
        """Decide what becomes of it: the hub begins, or whoever waits takes it back. Return False for the second."""
        return bool(self._claim.acquire(False))

    def work(self) -> None:
        """Do it. Runs in a greenlet of the hub."""
        if not self.claim():
            return
        self.begun = True
        try:
            self.value = self.function()
        except BaseException as error:  # noqa: BLE001 - it is raised where the work is waited for
            self.error = error
        self.over = True
        with suppress(Exception):  # the thread that waits may be gone
            self._ring()


def run_in_hub(hub: Any, function: Callable[[], T], patience: float) -> T:
    """Run a function in a greenlet of another thread's hub, and return or raise what it does.

    Blocks the current greenlet, in a thread that has a hub of its own; else the current thread.

    Args:
        hub: the hub; not that of the current thread.
        function: what to run; it may block.
        patience: seconds in which the hub must have begun; a hub that is blocked does not.

    Raises:
        HubGone: the hub or its thread has ended before the function.
        HubSilent: the hub has not begun in time; the function is not run any more.
        Exception: whatever the function raised.
    """
    errand = _Errand(function)
    end = clock.real_monotonic() + patience
    if not _is_alive(hub):
        raise HubGone
    try:
        hub.loop.run_callback_threadsafe(spawn, errand.work)
        while not errand.over:
            errand.wait()
            if errand.over:
                break
            if not _is_alive(hub):
                raise HubGone
            if not errand.begun and clock.real_monotonic() >= end and errand.claim():
                raise HubSilent
    except BaseException:
        errand.claim()
        raise
    if errand.error is not None:
        raise errand.error
    value: T = errand.value
    return value


def _is_alive(hub: Any) -> bool:
    return hub.loop is not None and not hub.dead and hub.thread_ident in sys._current_frames()


def _made_bell() -> tuple[Callable[[], object], _Bell]:
    """Return what rings in this thread, called from any, and what waits for that here."""
    hub: Any = get_hub_if_exists()
    if hub is None or hub.loop is None:
        native: Any = get_original("threading", "Event")()
        return native.set, native
    event = Event()
    return partial(hub.loop.run_callback_threadsafe, event.set), event
