"""The receptionist, with callers of every kind."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from runpy import run_path
from typing import Any

import pytest

Receptionist = run_path(str(Path(__file__).parent / "app.py"))["Receptionist"]


@pytest.fixture
def relay_app() -> Any:
    Receptionist.outcomes = Counter()
    return Receptionist


def outcomes(relay_clock: Any) -> Counter[str]:
    """Return how calls were counted, once the code of those that are over has ended too."""
    relay_clock.sleep(1)
    counted: Counter[str] = Receptionist.outcomes
    return counted


@pytest.mark.parametrize(
    ("key", "sentence", "outcome"),
    [("1", "Sales will call", "sales"), ("2", "customer number", "support"), ("9", "no such", "wrong key")],
)
def test_each_key_leads_to_its_sentence(
    relay_caller: Any, relay_clock: Any, key: str, sentence: str, outcome: str
) -> None:
    relay_caller("+15550100001").dials("office").hears("Press 1").presses(key).hears(sentence).is_hung_up_on()
    assert outcomes(relay_clock) == {outcome: 1}


def test_who_says_nothing_is_asked_to_call_again(relay_caller: Any, relay_clock: Any) -> None:
    relay_caller("+15550100001").dials("office").hears("did not hear you", within=60).is_hung_up_on()
    assert 5 < relay_clock.now() < 20  # virtual seconds
    assert outcomes(relay_clock) == {"no input": 1}


def test_who_hangs_up_in_mid_prompt_is_counted(relay_caller: Any, relay_clock: Any) -> None:
    relay_caller("+15550100001").dials("office").hangs_up_while_hearing("Welcome")
    assert outcomes(relay_clock) == {"hung up early": 1}


@pytest.mark.parametrize("heard", ["Welcome", "press 2"])
def test_a_cut_of_the_socket_does_not_cost_the_call(
    relay_caller: Any, relay_clock: Any, relay_sandbox: Any, heard: str
) -> None:
    line = relay_caller("+15550100001").dials("office").hears(heard)
    relay_sandbox.cut()
    line.presses("1").hears("Sales will call", within=60).is_hung_up_on()
    assert outcomes(relay_clock) == {"sales": 1}


def test_two_hundred_callers_at_once_are_all_served(relay_caller: Any, relay_clock: Any) -> None:
    lines = [relay_caller(f"+1555010{n:04d}").dials("office") for n in range(200)]
    for line in lines:
        line.hears("Press 1").presses("1")
    for line in lines:
        line.hears("Sales will call").is_hung_up_on()
    assert outcomes(relay_clock) == {"sales": 200}
