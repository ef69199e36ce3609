"""The steps of a script, one by one, with a performer that writes down what they do."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from relay_runtime.sandbox.script.steps import (
    HangsUp,
    Hears,
    HearsDigits,
    Presses,
    Says,
    Step,
    Texts,
    Waits,
    WaitsForHangup,
)


class Person:
    """Stands in for the performer; its time is what the test says."""

    def __init__(self) -> None:
        self.did: list[str] = []
        self.now = 0.0
        self.progress = 0
        self.over = False
        self.call = SimpleNamespace(
            line=SimpleNamespace(press=lambda digit: self.did.append(f"key {digit}")),
            end=lambda reason, source: self.did.append(f"end {reason} {source}"),
        )

    def left_of(self, line_seconds: float) -> float:
        return max(0.0, line_seconds - self.now)

    def look_again_after(self, line_seconds: float) -> None:
        self.did.append(f"later {line_seconds:g}")

    def does(self, what: str) -> None:
        pass


def attempt(step: Step, person: Person) -> bool:
    stand_in: Any = person
    return step.attempt(stand_in)


def test_keys_are_pressed_one_after_another_with_their_gap() -> None:
    step, person = Presses("12", gap=0.5), Person()
    assert not attempt(step, person)
    assert person.did == ["key 1", "later 0.5"]
    person.now = 0.5
    assert attempt(step, person)
    assert person.did == ["key 1", "later 0.5", "key 2"]


def test_a_wait_is_over_when_its_time_is() -> None:
    step, person = Waits(3), Person()
    assert not attempt(step, person)
    assert person.did == ["later 3"]
    person.now = 3
    assert attempt(step, person)


def test_hanging_up_ends_the_call_from_the_far_end() -> None:
    person = Person()
    assert attempt(HangsUp(), person)
    assert (person.did, person.over) == (["end hangup inbound"], True)


def test_only_the_end_of_the_call_ends_the_wait_for_it() -> None:
    assert not attempt(WaitsForHangup(limit=1), Person())


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (Hears("Press 1", limit=1), "hear 'Press 1'"),
        (HearsDigits("12", limit=1), "hear the digits 12"),
        (Presses("1", 0.1), "press 1"),
        (Says("yes"), "say 'yes'"),
        (Waits(1.5), "wait 1.5 s"),
        (HangsUp(), "hang up"),
        (WaitsForHangup(), "see the other side hang up"),
        (Texts("x", "+1", "office"), "send a text message"),
    ],
)
def test_a_step_says_what_it_does(step: Step, words: str) -> None:
    assert step.describe() == words


def test_only_what_the_end_of_a_call_does_by_itself_is_no_failure_when_it_comes() -> None:
    kinds = (Hears, HearsDigits, Presses, Says, Waits, HangsUp, WaitsForHangup, Texts)
    assert [kind for kind in kinds if kind.done_by_end] == [HangsUp, WaitsForHangup]
