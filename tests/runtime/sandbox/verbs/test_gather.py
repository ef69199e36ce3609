"""Gathering input by the rules of a collect, with timers that the test fires."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from relay_runtime.sandbox.verbs.gather import NO_INPUT, NO_MATCH, DigitRules, Gather, SpeechRules

START = "started"


class Timers:
    """Lends timers as an action does; the test fires them by name."""

    def __init__(self) -> None:
        self.line = SimpleNamespace(speaking=False, confidence=95.0)
        self.set: dict[str, tuple[float, Callable[..., object], tuple[Any, ...]]] = {}

    def set_timer(self, name: str, line_seconds: float, callback: Callable[..., object], *args: Any) -> None:
        self.set[name] = (line_seconds, callback, args)

    def cancel_timer(self, name: str) -> None:
        self.set.pop(name, None)

    def fire(self, name: str) -> None:
        _, callback, args = self.set.pop(name)
        callback(*args)


@pytest.fixture
def timers() -> Timers:
    return Timers()


@pytest.fixture
def got() -> list[Any]:
    return []


def gather(timers: Timers, got: list[Any], **rules: Any) -> Gather:
    action: Any = timers
    return Gather(
        action,
        rules.get("digits"),
        rules.get("speech"),
        initial_timeout=4,
        on_start=lambda: got.append(START),
        on_partial=None,
        on_result=got.append,
    )


def digits(keys: str, terminator: str = "") -> dict[str, Any]:
    return {"type": "digit", "params": {"digits": keys, "terminator": terminator}}


def test_input_is_reported_to_begin_once_and_ends_at_the_most_digits(timers: Timers, got: list[Any]) -> None:
    made = gather(timers, got, digits=DigitRules(max=2))
    for key in "12":
        made.on_digit(key)
    assert got == [START, digits("12")]
    assert timers.set == {}


def test_a_terminator_ends_it_and_too_few_digits_are_no_match(timers: Timers, got: list[Any]) -> None:
    made = gather(timers, got, digits=DigitRules(max=9, min=2, terminators="#"))
    for key in "12#1#":
        made.on_digit(key)
    assert got == [START, digits("12", "#"), START, NO_MATCH]


def test_a_pause_between_digits_ends_it_after_its_timeout(timers: Timers, got: list[Any]) -> None:
    made = gather(timers, got, digits=DigitRules(max=9, digit_timeout=3))
    made.on_digit("1")
    assert timers.set["digit"][0] == 3
    timers.fire("digit")
    assert got == [START, digits("1")]


def test_nothing_within_the_initial_timeout_is_no_input(timers: Timers, got: list[Any]) -> None:
    made = gather(timers, got, digits=DigitRules(max=1))
    made.start_timers()
    assert timers.set["initial"][0] == 4
    timers.fire("initial")
    assert got == [NO_INPUT]


def test_the_clock_does_not_start_for_input_that_has_begun(timers: Timers, got: list[Any]) -> None:
    made = gather(timers, got, digits=DigitRules(max=9))
    made.on_digit("1")
    made.start_timers()
    assert "initial" not in timers.set
    speech = gather(timers, got, speech=SpeechRules())
    timers.line.speaking = True
    speech.start_timers()
    assert "initial" not in timers.set


def test_speech_is_a_result_after_its_silence_and_goes_on_without_one(timers: Timers, got: list[Any]) -> None:
    made = gather(timers, got, speech=SpeechRules(end_silence_timeout=2))
    made.on_speech_begins("yes please")
    made.on_speech_ends("yes please")
    made.on_speech_begins("now")
    assert "silence" not in timers.set
    made.on_speech_ends("now")
    timers.fire("silence")
    assert [result["params"]["text"] for result in got[1:]] == ["now"]


def test_input_of_a_kind_that_is_not_asked_for_is_no_input(timers: Timers, got: list[Any]) -> None:
    made = gather(timers, got, speech=SpeechRules())
    made.on_digit("1")
    other = gather(timers, got, digits=DigitRules(max=1))
    other.on_speech_begins("hello")
    other.on_speech_ends("hello")
    assert got == []
    assert (made.stopped(), timers.set) == (NO_INPUT, {})


def test_a_stopped_collection_hands_on_what_it_has(timers: Timers, got: list[Any]) -> None:
    made = gather(timers, got, digits=DigitRules(max=9))
    made.on_digit("4")
    assert made.stopped() == digits("4")
