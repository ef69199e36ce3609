from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay_actors.admission import POLICIES, Admission


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
