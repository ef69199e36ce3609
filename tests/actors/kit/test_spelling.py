"""Words that were meant to be others."""

from __future__ import annotations

import pytest

from relay_actors.kit.spelling import near_miss

KNOWN = ("on_answered", "on_digits", "on_play", "on_pay", "on_ai")


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("on_digit", "on_digits"),
        ("on_answer", "on_answered"),
        ("on_plaay", "on_play"),
        ("on_qlay", "on_play"),
        ("on_digits", "on_digits"),
        ("on_display", None),
        ("on_answering_machine", None),
        ("", None),
    ],
)
def test_a_word_within_two_edits_is_near(word: str, meant: str | None) -> None:
    assert near_miss(word, KNOWN) == meant


def test_the_nearest_one_is_meant() -> None:
    assert near_miss("on_plays", KNOWN) == "on_play"
    assert near_miss("on_pays", KNOWN) == "on_pay"


def test_how_near_is_up_to_whoever_asks() -> None:
    assert near_miss("on_answer", KNOWN, edits=1) is None
    assert near_miss("anything", ()) is None


def test_two_letters_that_changed_places_are_one_edit() -> None:
    assert near_miss("on_dgiits", KNOWN, edits=1) == "on_digits"
    assert near_miss("ab", ["ba"], edits=1) == "ba"
    assert near_miss("abcd", ["badc"], edits=1) is None
