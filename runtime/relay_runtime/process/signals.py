"""Signals that tell a process to stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import gevent
from gevent.hub import get_hub

__all__ = ["on_signals"]

_STOP: Final = (signal.SIGINT, signal.SIGTERM)
_LAST: Final = 3


@contextmanager
def on_signals(
    handler: Callable[[str], object],
    on_hangup: Callable[[str], object] | None = None,
    last_resort: Callable[[], object] | None = None,
) -> Iterator[None]:
    """Have signals call functions in a greenlet of their own, with the signal's name.

    Args:
        handler: called at SIGINT and SIGTERM.
        on_hangup: called at SIGHUP; None leaves that as it is.
        last_resort: called in the place of ``handler`` at the third SIGINT or SIGTERM, wherever the main thread stands:
            a hub that is blocked calls no handler. Not where the hub is that of another thread.
    """
    watchers = [] if on_hangup is None else [gevent.signal_handler(signal.SIGHUP, on_hangup, signal.SIGHUP.name)]
    before: dict[signal.Signals, Any] = {}
    if last_resort is not None and threading.current_thread() is threading.main_thread():
        hear = _hearing(handler, last_resort)
        before = {number: signal.signal(number, hear) for number in _STOP}
    else:
        watchers += [gevent.signal_handler(number, handler, number.name) for number in _STOP]
    try:
        yield
    finally:
        for watcher in watchers:
            watcher.cancel()
        for number, former in before.items():
            signal.signal(number, former)


def _hearing(handler: Callable[[str], object], last_resort: Callable[[], object]) -> Callable[[int, Any], None]:
    """Return what Python calls between two steps of the main thread's code. It may switch to no other greenlet."""
    run_callback = get_hub().loop.run_callback_threadsafe
    heard = 0

    def hear(number: int, _frame: Any) -> None:
        nonlocal heard
        heard += 1
        if heard == _LAST:
            last_resort()
        else:
            run_callback(gevent.spawn, handler, signal.Signals(number).name)

    return hear
