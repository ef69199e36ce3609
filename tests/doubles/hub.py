"""Time in tests: let the greenlets run, and wait for facts with a limit."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import gevent
from gevent.hub import get_hub

from relay_actors.kit import clock

__all__ = ["LIMIT", "active_watchers", "turns", "until"]

LIMIT = 60.0  # seconds after which a test that waits in vain has failed

_PAUSE = 0.0005  # seconds between two looks
_VIRTUAL_PAUSE = 0.01  # the same where nothing else takes any time

T = TypeVar("T")


def turns(count: int = 25) -> None:
    """Let every greenlet that can run have its turn, ``count`` times: more than any chain of messages is long."""
    for _ in range(count):
        gevent.sleep(0)


def until(condition: Callable[[], T], what: str = "the condition", limit: float = LIMIT) -> T:
    """Let the others run until ``condition()`` is true, and return its value; fail after ``limit`` seconds."""
    end = clock.monotonic() + limit
    while not (value := condition()):
        if clock.monotonic() > end:
            raise AssertionError(f"{what} did not come true within {limit:g} s")
        gevent.sleep(_VIRTUAL_PAUSE if clock.is_run_by_a_test() else _PAUSE)
    return value


def active_watchers() -> int:
    """Count timers and other watchers that the loop has, once those that are done have gone."""
    turns()
    gevent.sleep(0.001)
    turns(3)
    return int(get_hub().loop.activecnt)
