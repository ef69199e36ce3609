"""No window of one second ever holds more dials than it may, whatever the moments at which one is free to begin."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay_runtime.campaign.pace import Pace, checked_cps

LATE = st.lists(st.floats(0, 3, allow_nan=False), min_size=1, max_size=120)


def begun(pace: Pace, late: list[float], now: float = 1e6) -> list[float]:
    """Begin a dial as soon as it may begin, or so much later; return the moments."""
    moments = []
    for seconds in late:
        now += pace.delay(now) + seconds
        while pace.delay(now) > 0:  # a clock that is read as coarsely as a float
            now += 1e-6
        pace.note(now)
        moments.append(now)
    return moments


@given(st.integers(1, 40), LATE)
def test_no_window_of_one_second_holds_more_dials_than_cps(cps: int, late: list[float]) -> None:
    moments = begun(Pace(cps), late)
    for first, beyond in zip(moments, moments[cps:], strict=False):
        assert beyond - first > 1.0  # both ends of the window included


@given(st.integers(1, 40))
def test_a_dial_that_is_never_late_keeps_up_the_pace_evenly(cps: int) -> None:
    moments = begun(Pace(cps), [0.0] * (cps * 3 + 1))
    assert moments[-1] - moments[0] < 3.07
    assert all(later - one > 0.99 / cps for one, later in itertools.pairwise(moments))


@given(st.sampled_from([0.5, 0.1, 0.75]), LATE)
def test_below_one_in_a_second_each_dial_has_its_whole_time(cps: float, late: list[float]) -> None:
    moments = begun(Pace(cps), late)
    assert all(later - one > 1 / cps for one, later in itertools.pairwise(moments))


def test_time_in_which_nobody_was_called_is_not_made_up_for() -> None:
    pace = Pace(10)
    pace.note(0.0)
    moments = begun(pace, [0.0] * 3, now=100.0)
    assert moments == pytest.approx([100.0, 100.1, 100.2], abs=0.005)


def test_a_dial_that_is_late_lets_the_next_come_sooner() -> None:
    pace = Pace(10)
    pace.note(0.0)
    pace.note(0.15)
    assert 0.15 + pace.delay(0.15) == pytest.approx(0.2, abs=0.005)


@pytest.mark.parametrize("cps", [0, -1, 2.5, float("inf"), float("nan"), True, "5", None])
def test_a_pace_that_is_none_is_refused(cps: Any) -> None:
    with pytest.raises(ValueError, match=r"^cps is .*; accepted is how many dials may begin in a second"):
        checked_cps(cps)


@pytest.mark.parametrize("cps", [1, 5, 20.0, 0.5, 0.01])
def test_whole_numbers_and_less_than_one_are_accepted(cps: float) -> None:
    assert checked_cps(cps) == cps
