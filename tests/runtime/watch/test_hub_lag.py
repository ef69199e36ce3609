"""How late the event loop is."""

from __future__ import annotations

import time

import gevent
import pytest
from doubles.hub import until

from relay_runtime.watch.hub_lag import HubLag


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def started(clock: Clock) -> HubLag:
    lag = HubLag(clock).start()
    lag._timer.cancel()  # the test looks by itself
    return lag


def test_a_look_in_time_finds_no_lag() -> None:
    clock = Clock()
    lag = started(clock)
    clock.now = 0.1
    lag.look()
    assert (lag.newest, lag.seen.count) == (0.0, 1)
    lag.stop()


def test_a_late_look_finds_how_late_it_is() -> None:
    clock = Clock()
    lag = started(clock)
    clock.now = 0.6
    lag.look()
    assert lag.newest == 0.5
    clock.now = 0.7
    lag.look()
    assert lag.newest == 0.0
    assert lag.seen.count == 2
    assert lag.seen.total == 0.5
    lag.stop()


def test_a_look_that_is_overdue_counts_before_it_comes() -> None:
    clock = Clock()
    lag = started(clock)
    clock.now = 2.1
    assert lag.recent() == 2.0
    lag.stop()


def test_the_worst_lag_is_remembered_for_five_to_ten_seconds() -> None:
    clock = Clock()
    lag = started(clock)
    clock.now = 3.1
    lag.look()
    for _ in range(60):
        clock.now += 0.1
        lag.look()
    assert lag.recent() == 3.0
    for _ in range(50):
        clock.now += 0.1
        lag.look()
    assert lag.recent() < 0.001
    lag.stop()


@pytest.mark.slow
def test_a_hub_that_somebody_blocks_is_found_to_be_late() -> None:
    lag = HubLag().start()
    gevent.sleep(0)
    time.sleep(0.4)
    until(lambda: lag.seen.count)
    assert lag.recent() > 0.25
    lag.stop()


def test_one_that_has_stopped_looks_no_more() -> None:
    lag = HubLag().start()
    lag.stop()
    lag.stop()
    assert lag.recent() == 0.0
