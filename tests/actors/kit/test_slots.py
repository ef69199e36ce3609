"""Slots are limited, given back once, and scarce between two marks."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from relay_actors.kit.slots import Slots


def test_the_cap_is_never_passed() -> None:
    slots = Slots(3)
    assert [slots.take(call_id) for call_id in "abcd"] == [True, True, True, False]
    assert slots.taken == 3


def test_a_slot_that_is_given_back_can_be_taken_again() -> None:
    slots = Slots(1)
    slots.take("a")
    assert not slots.take("b")
    slots.release("a")
    assert slots.take("b")


def test_a_slot_is_given_back_once() -> None:
    slots = Slots(2)
    slots.take("a")
    slots.take("b")
    for _ in range(3):
        slots.release("a")
    slots.release("never admitted")
    assert slots.taken == 1
    assert slots.take("c")
    assert not slots.take("d")


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5))))
def test_the_slots_are_those_of_the_calls_that_have_one(steps: list[tuple[bool, int]]) -> None:
    slots, active = Slots(3), set[str]()
    for admit, number in steps:
        call_id = str(number)
        if not admit:
            slots.release(call_id)
            active.discard(call_id)
        elif call_id not in active:  # an offer is admitted once
            taken = slots.take(call_id)
            assert taken == (len(active) < 3)
            if taken:
                active.add(call_id)
        assert slots.taken == len(active)


def test_between_the_marks_what_was_last_is_kept_and_each_crossing_is_told() -> None:
    slots, told = Slots(5, high=4, low=2), list[bool]()
    slots.on_crossing = lambda: told.append(slots.scarce)
    for holder in "abc":
        slots.take(holder)
    assert told == []
    slots.take("d")
    assert told == [True]
    slots.release("d")
    assert slots.scarce  # three are taken: above the low mark
    slots.release("c")
    assert told == [True, False]
    slots.take("c")
    assert told == [True, False]


def test_one_may_be_taken_beyond_the_limit_and_is_counted() -> None:
    slots = Slots(1)
    assert slots.take("a")
    assert not slots.take("b")
    assert slots.take("b", beyond=True)
    assert slots.taken == 2
