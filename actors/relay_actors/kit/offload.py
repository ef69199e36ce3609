"""Runs blocking work on threads, so that the hub goes on meanwhile.

The threads are a gevent pool of their own: the hub's pool also looks up host names, and a reconnect must not wait for
somebody's database.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from weakref import WeakKeyDictionary

from gevent.hub import get_hub
from gevent.threadpool import ThreadPool

from relay_actors.kit.fork import end_child, epoch, in_child, keep, spawn
from relay_actors.kit.future import GreenletFuture

__all__ = ["THREADS", "run_in_thread"]

THREADS: Final = 10
"""How many pieces of work run at once; more wait for their turn."""

_pools: WeakKeyDictionary[Any, ThreadPool] = WeakKeyDictionary()


def run_in_thread(function: Callable[[], Any], future: GreenletFuture[Any]) -> None:
    """Have ``function()`` run on a thread, and give ``future`` what comes of it. Never blocks.

    Work whose future is done before its turn comes is not begun. Work that has begun cannot be stopped.
    """
    spawn(_carry, function, future)


def _carry(function: Callable[[], Any], future: GreenletFuture[Any]) -> None:
    """Wait for a thread and for the end of the work, in a greenlet of its own."""
    hub = get_hub()
    try:
        pool = _pools.get(hub)
        if pool is None:
            pool = _pools[hub] = ThreadPool(THREADS, hub=hub)
        value, error = pool.apply(_work, (function, future))
    except BaseException as failure:  # noqa: BLE001 - no thread could be had: nobody waits for ever
        value, error = None, failure
    if error is None:
        future.resolve(value)
    else:
        future.fail(error)


def _work(function: Callable[[], Any], future: GreenletFuture[Any]) -> tuple[Any, BaseException | None]:
    """Do the work, on its thread; gevent would print what is raised there."""
    if future.done():
        return None, None
    value, error, begun = None, None, epoch()
    try:
        value = function()
    except BaseException as failure:  # noqa: BLE001 - raised where the work is waited for
        error = failure
    if begun.over:
        end_child(error)  # the work has forked: whoever waits for it is in the parent
    return value, error


def _leave() -> None:
    """Have no thread of this pool in a child, and none of its work done again."""
    for pool in _pools.values():
        pool.fork_watcher.stop()
        keep(pool)
    _pools.clear()


in_child(_leave)
