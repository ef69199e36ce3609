"""Scaled time: the machine's time, faster."""

from __future__ import annotations

import time

import gevent
import pytest
from gevent.event import Event
from gevent.hub import get_hub

from relay_actors.kit import clock
from relay_actors.kit.timer import Timer
from relay_runtime.testing.scaled import scaled_time


@pytest.mark.slow
def test_waits_are_so_many_times_shorter() -> None:
    began = time.monotonic()
    with scaled_time(1000) as scaled:
        gevent.sleep(60)
        assert scaled.now() >= 60
        assert not Event().wait(60)
        with pytest.raises(gevent.Timeout), gevent.Timeout(60):
            Event().wait()
        scaled.sleep(60)
        assert clock.monotonic() >= 240
    assert 0.24 <= time.monotonic() - began < 60


def test_a_timer_that_repeats_does_so_faster() -> None:
    fired = []
    with scaled_time(1000):
        timer = Timer()
        timer.call_after(10, fired.append, 1, repeat=True)
        while len(fired) < 3:
            gevent.sleep(10)
        timer.cancel()


@pytest.mark.slow
def test_real_timers_stay_real() -> None:
    with scaled_time(1000):
        began, fired = time.monotonic(), Event()
        timer = Timer()
        timer.call_after(0.05, fired.set, real=True)
        fired.wait()
        assert time.monotonic() - began >= 0.03


def test_the_time_is_real_again_behind_the_block() -> None:
    loop = get_hub().loop
    with pytest.raises(KeyError), scaled_time():
        raise KeyError
    assert get_hub().loop is loop
    assert not clock.is_run_by_a_test()


@pytest.mark.parametrize("scale", [0, 0.5, -1, float("inf"), float("nan"), True, "20", None])
def test_a_scale_is_a_number_from_1(scale: object) -> None:
    with pytest.raises(ValueError, match="accepted is a number from 1"), scaled_time(scale):
        pass


def test_a_second_owner_is_refused() -> None:
    with scaled_time(), pytest.raises(RuntimeError, match="owns the time"), scaled_time():
        pass
