"""When an actor that ended is started again, and when trying is given up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from proof.backoff import lost

from relay_actors.kit.backoff import backoff_ceiling
from relay_actors.kit.restarts import Backoff, Intensity, Restarts, RestartWindow

QUICK = Backoff(first=1.0, limit=8.0, healthy_after=10.0)


def test_without_a_backoff_a_child_is_started_again_at_once() -> None:
    restarts = Restarts(None)
    assert [restarts.failed(now, 0.9) for now in range(5)] == [0.0] * 5
    assert (restarts.count, restarts.total) == (5, 5)


def test_the_delays_double_up_to_the_limit() -> None:
    restarts = Restarts(QUICK)
    assert [restarts.failed(0.0, 1.0) for _ in range(5)] == [1.0, 2.0, 4.0, 8.0, 8.0]


def test_while_a_try_is_urgent_the_limit_is_lower_and_the_count_goes_on() -> None:
    restarts = Restarts(Backoff(first=1.0, limit=8.0, limit_urgent=2.0))
    urgent = [False, True, True, True, False]
    assert [restarts.failed(0.0, 1.0, urgent=each) for each in urgent] == [1.0, 2.0, 2.0, 2.0, 8.0]


def test_urgent_tries_save_the_sessions_of_an_outage_that_is_shorter_than_the_window() -> None:
    (before,), (now,) = (lost(8, (10,), live=live, sessions=1_000) for live in (False, True))
    assert before > 0.5
    assert now == 0.0  # a try comes every two seconds at least


def test_an_urgent_limit_that_is_higher_changes_nothing() -> None:
    restarts = Restarts(Backoff(first=1.0, limit=2.0, limit_urgent=8.0))
    assert [restarts.failed(0.0, 1.0, urgent=True) for _ in range(4)] == [1.0, 2.0, 2.0, 2.0]


@pytest.mark.parametrize("attempt", [0, 1, 10_000])
def test_the_delay_of_any_attempt_is_bounded(attempt: int) -> None:
    restarts = Restarts(QUICK)
    restarts.count = attempt
    assert 0.0 <= restarts.failed(0.0, 0.999) <= min(8.0, backoff_ceiling(attempt, first=1.0, limit=8.0))


def test_a_life_that_was_long_enough_starts_the_count_anew() -> None:
    restarts = Restarts(QUICK)
    restarts.failed(0.0, 1.0)
    restarts.failed(0.0, 1.0)
    assert restarts.up(100.0) == 10.0
    assert restarts.failed(110.0, 1.0) == 1.0
    assert restarts.count == 1
    assert restarts.total == 3


def test_a_life_that_was_too_short_does_not() -> None:
    restarts = Restarts(QUICK)
    restarts.failed(0.0, 1.0)
    restarts.up(100.0)
    assert restarts.failed(109.9, 1.0) == 2.0


def test_a_start_that_never_came_up_does_not_count_as_a_life() -> None:
    restarts = Restarts(QUICK)
    restarts.up(0.0)
    restarts.failed(1.0, 1.0)
    assert restarts.failed(1000.0, 1.0) == 2.0


def test_a_reset_that_comes_late_resets_nothing() -> None:
    restarts = Restarts(QUICK)
    restarts.failed(0.0, 1.0)
    seen = restarts.count
    restarts.failed(0.0, 1.0)
    assert not restarts.reset(seen)
    assert restarts.count == 2
    assert restarts.reset(2)
    assert restarts.count == 0


def test_somebody_who_asks_anew_is_served_without_delay() -> None:
    restarts = Restarts(QUICK)
    restarts.failed(0.0, 1.0)
    restarts.forget()
    assert restarts.failed(0.0, 1.0) == 1.0


def test_more_restarts_than_the_intensity_allows_are_too_many() -> None:
    window = RestartWindow(Intensity(3, 10.0))
    assert [window.allows(now) for now in (0.0, 1.0, 2.0, 3.0)] == [True, True, True, False]


def test_restarts_that_are_long_ago_do_not_count() -> None:
    window = RestartWindow(Intensity(2, 10.0))
    assert [window.allows(now) for now in (0.0, 5.0, 10.0, 15.0, 20.0)] == [True] * 5


def test_without_an_intensity_nothing_is_too_much() -> None:
    window = RestartWindow(None)
    assert all(window.allows(0.0) for _ in range(1000))


@given(st.lists(st.floats(0, 100), max_size=50), st.integers(0, 5), st.floats(0.1, 50))
def test_the_window_agrees_with_a_count_of_its_own(steps: list[float], restarts: int, period: float) -> None:
    window = RestartWindow(Intensity(restarts, period))
    now, times = 0.0, []
    for step in steps:
        now += step
        times.append(now)
        recent = [time for time in times if time > now - period]
        assert window.allows(now) == (len(recent) <= restarts)
        assert window.count == len(recent)
