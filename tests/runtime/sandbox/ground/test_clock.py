"""The clock: timers in order, cancelled, scaled, and stopped."""

from __future__ import annotations

from collections.abc import Iterator

import gevent
import pytest
from gevent.event import Event

from relay_runtime.sandbox.ground.clock import Clock


@pytest.fixture
def errors() -> list[Exception]:
    return []


@pytest.fixture
def clock(errors: list[Exception]) -> Iterator[Clock]:
    made = Clock(0.001, errors.append)
    made.start()
    yield made
    made.stop()


def test_timers_fire_in_the_order_of_their_times_and_then_of_their_setting(clock: Clock) -> None:
    fired: list[str] = []
    done = Event()
    clock.after(30, done.set)
    for name, seconds in [("c", 20), ("a", 1), ("b", 1)]:
        clock.after(seconds, fired.append, name)
    assert done.wait(5)
    assert fired == ["a", "b", "c"]
    assert clock.pending == 0


def test_an_earlier_timer_wakes_a_waiting_clock(clock: Clock) -> None:
    done = Event()
    clock.after_real(1000, lambda: None)
    gevent.sleep(0)
    clock.after_real(0, done.set)
    assert done.wait(5)


def test_a_cancelled_timer_never_fires_and_is_forgotten(clock: Clock) -> None:
    fired: list[str] = []
    done = Event()
    timer = clock.after(1, fired.append, "x")
    timer.cancel()
    timer.cancel()
    clock.after(5, done.set)
    assert done.wait(5)
    assert fired == []
    assert clock.pending == 0


def test_cancelled_timers_do_not_pile_up(clock: Clock) -> None:
    kept = [clock.after(10_000, lambda: None) for _ in range(100)]
    for _ in range(20_000):
        clock.after(10_000, lambda: None).cancel()
    assert clock.pending == len(kept)
    assert len(clock._heap) < 4_000


def test_a_callback_that_raises_is_reported_and_the_clock_goes_on(clock: Clock, errors: list[Exception]) -> None:
    done = Event()
    clock.after(0, lambda: 1 / 0)
    clock.after(1, done.set)
    assert done.wait(5)
    assert [type(error) for error in errors] == [ZeroDivisionError]


def test_many_due_timers_do_not_keep_other_greenlets_waiting(clock: Clock) -> None:
    turns: list[int] = []
    done = Event()
    for _ in range(2_000):
        clock.after(0, lambda: None)
    clock.after(0, done.set)

    def take_turns() -> None:
        for number in range(3):
            gevent.sleep(0)
            turns.append(number)

    other = gevent.spawn(take_turns)
    assert done.wait(5)
    other.join(5)
    assert len(turns) == 3


def test_a_stopped_clock_takes_no_timers(clock: Clock) -> None:
    fired: list[str] = []
    timer = clock.after(1, fired.append, "before")
    clock.stop()
    clock.after_real(0, fired.append, "after")
    gevent.sleep(0.01)
    timer.cancel()
    assert fired == []
    assert clock.pending == 0
