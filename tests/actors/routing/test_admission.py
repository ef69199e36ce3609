"""How many calls are active at once, and what becomes of those beyond."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay_actors.routing.admission import POLICIES, Admission


def test_the_cap_is_never_passed() -> None:
    admission = Admission(3)
    assert [admission.admit(call_id) for call_id in "abcd"] == [True, True, True, False]
    assert admission.active == 3


def test_a_slot_that_is_given_back_can_be_taken_again() -> None:
    admission = Admission(1)
    admission.admit("a")
    assert not admission.admit("b")
    admission.release("a")
    assert admission.admit("b")


def test_a_slot_is_given_back_once() -> None:
    admission = Admission(2)
    admission.admit("a")
    admission.admit("b")
    for _ in range(3):
        admission.release("a")
    admission.release("never admitted")
    assert admission.active == 1
    assert admission.admit("c")
    assert not admission.admit("d")


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5))))
def test_the_slots_are_those_of_the_calls_that_have_one(steps: list[tuple[bool, int]]) -> None:
    admission, active = Admission(3), set[str]()
    for admit, number in steps:
        call_id = str(number)
        if not admit:
            admission.release(call_id)
            active.discard(call_id)
        elif call_id not in active:  # an offer is admitted once
            taken = admission.admit(call_id)
            assert taken == (len(active) < 3)
            if taken:
                active.add(call_id)
        assert admission.active == len(active)


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
        (1, 0.9, None, 1, 0),
    ],
)
def test_a_client_leaves_at_the_high_mark_and_comes_back_at_the_low_one(
    limit: int, leave_at: float, return_at: float | None, high: int, low: int
) -> None:
    admission = Admission(limit, leave_at=leave_at, return_at=return_at)
    away, changes = False, []
    for number in range(limit):
        admission.admit(str(number))
        if admission.stays_away(away=away) != away:
            away = not away
            changes.append((admission.active, away))
    for number in range(limit):
        admission.release(str(number))
        if admission.stays_away(away=away) != away:
            away = not away
            changes.append((admission.active, away))
    assert changes == [(high, True), (low, False)]


def test_without_marks_nobody_leaves() -> None:
    admission = Admission(1)
    admission.admit("a")
    assert not admission.stays_away(away=False)


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
    away = False
    for admits, number in steps:
        admission.admit(str(number)) if admits else admission.release(str(number))
        before, away = away, admission.stays_away(away=away)
        if admission.active == limit:
            assert away  # the cap is never reached without having left
        if admission.active == 0:
            assert not away
        if before != away:
            assert admission.stays_away(away=away) == away  # one change for each crossing
