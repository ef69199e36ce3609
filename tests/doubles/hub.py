"""Time in tests: let the greenlets run, and wait for facts with a limit."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import gevent
from gevent.hub import get_hub

__all__ = ["LIMIT", "active_watchers", "turns", "until"]

LIMIT = 60.0  # seconds after which a test that waits in vain has failed

T = TypeVar("T")


def turns(count: int = 25) -> None:
    """Let every greenlet that can run have its turn, ``count`` times: more than any chain of messages is long."""
    for _ in range(count):
        gevent.sleep(0)


def until(condition: Callable[[], T], what: str = "the condition", limit: float = LIMIT) -> T:
    """Let the others run until ``condition()`` is true, and return its value; fail after ``limit`` seconds."""
    end = time.monotonic() + limit
    while not (value := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come true within {limit:g} s")
        gevent.sleep(0.0005)
    return value


def active_watchers() -> int:
    """Count timers and other watchers that the loop has, once those that are done have gone."""
    turns()
    gevent.sleep(0.001)
    turns(3)
    return int(get_hub().loop.activecnt)
