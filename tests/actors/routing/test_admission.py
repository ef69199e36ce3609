"""How many calls are active at once, and what becomes of those beyond."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay_actors.routing.admission import POLICIES, Admission


@pytest.mark.parametrize("limit", [0, -1, 1.5, "10", None, True])
def test_a_cap_that_is_no_whole_number_from_1_is_refused(limit: Any) -> None:
    with pytest.raises(ValueError, match="max_active_calls is .*; accepted is a whole number from 1"):
        Admission(limit)


@pytest.mark.parametrize("policy", POLICIES)
def test_a_policy_has_a_name(policy: str) -> None:
    assert Admission(1, policy).policy == policy


@pytest.mark.parametrize("policy", ["", "Drop", "queue", None])
def test_a_policy_that_does_not_exist_is_refused(policy: Any) -> None:
    with pytest.raises(ValueError, match="overload is .*; accepted is one of drop, pass, busy"):
        Admission(1, policy)


def test_beyond_the_cap_calls_are_dropped_unless_something_else_is_asked_for() -> None:
    assert Admission(1).policy == "drop"


# The marks


@pytest.mark.parametrize(
    ("limit", "leave_at", "return_at", "high", "low"),
    [
        (1000, 0.9, None, 900, 700),
        (10, 0.9, 0.5, 9, 5),
        (10, 0.85, 0.84, 9, 8),
        (10, 1, 0, 10, 0),
        (3, 0.5, 0.49, 2, 1),
        (10, 0.91, 0.9, 10, 9),
        (11, 0.55, 0.54, 7, 5),
        (8, 0.5, 0.49, 4, 3),
        (10, 0.9, math.nextafter(0.9, 0), 9, 8),  # both are nine, as floats multiply
        (1, 0.9, None, 1, 0),
    ],
)
def test_a_client_leaves_at_the_high_mark_and_comes_back_at_the_low_one(
    limit: int, leave_at: float, return_at: float | None, high: int, low: int
) -> None:
    admission = Admission(limit, leave_at=leave_at, return_at=return_at)
    changes: list[tuple[int, bool]] = []
    admission.slots.on_crossing = lambda: changes.append((admission.slots.taken, admission.slots.scarce))
    for number in range(limit):
        admission.slots.take(str(number))
    for number in range(limit):
        admission.slots.release(str(number))
    assert changes == [(high, True), (low, False)]


def test_without_marks_nobody_leaves() -> None:
    admission = Admission(1)
    admission.slots.take("a")
    assert not admission.slots.scarce


@pytest.mark.parametrize(
    ("marks", "accepted"),
    [
        ({"leave_at": 1.1}, "leave_at is 1.1; accepted is a share of max_active_calls, from 0 to 1"),
        ({"leave_at": True}, "leave_at is True; accepted is a share"),
        ({"leave_at": "0.9"}, "leave_at is '0.9'; accepted is a share"),
        ({"leave_at": 0.9, "return_at": -0.1}, "return_at is -0.1; accepted is a share"),
        ({"leave_at": 0.9, "return_at": 0.9}, "return_at is 0.9; accepted is less than leave_at, which is 0.9"),
        ({"leave_at": 0.5}, "return_at is 0.7; accepted is less than leave_at, which is 0.5"),
        ({"return_at": 0.5}, "give leave_at too"),
    ],
)
def test_marks_that_make_no_sense_are_refused(marks: Any, accepted: str) -> None:
    with pytest.raises(ValueError) as caught:
        Admission(10, **marks)
    assert accepted in str(caught.value)


@given(st.integers(1, 20), st.lists(st.tuples(st.booleans(), st.integers(0, 25))), st.data())
def test_between_the_marks_a_client_stays_where_it_is(limit: int, steps: list[tuple[bool, int]], data: Any) -> None:
    leave_at = data.draw(st.floats(0.05, 1))
    admission = Admission(limit, leave_at=leave_at, return_at=data.draw(st.floats(0, leave_at * 0.99)))
    crossings: list[bool] = []
    admission.slots.on_crossing = lambda: crossings.append(admission.slots.scarce)
    for admits, number in steps:
        admission.slots.take(str(number)) if admits else admission.slots.release(str(number))
        if admission.slots.taken == limit:
            assert admission.slots.scarce  # the cap is never reached without having left
        if admission.slots.taken == 0:
            assert not admission.slots.scarce
    assert crossings == [index % 2 == 0 for index in range(len(crossings))]  # one change for each crossing
