"""A line that is typed key by key."""

from __future__ import annotations

import pytest

from relay_runtime.softphone.editor import Editor


class Typed:
    """An editor, and what became of what was typed."""

    def __init__(self) -> None:
        self.shown = ""
        self.entered: list[str] = []
        self.ended = 0
        self._editor = Editor(
            keys=frozenset("0123456789*#"), changed=self._show, entered=self.entered.append, ended=self._end
        )

    def _show(self, text: str) -> None:
        self.shown = text

    def _end(self) -> None:
        self.ended += 1

    def __call__(self, *keys: str) -> str:
        for key in keys:
            self._editor.key(key)
        return self.shown


@pytest.fixture
def typed() -> Typed:
    return Typed()


def test_a_line_is_entered_with_enter(typed: Typed) -> None:
    assert typed(*"/say hé") == "/say hé"
    assert typed("\n") == ""
    assert typed(*"more", "\r") == ""
    assert typed.entered == ["/say hé", "more"]


def test_keys_are_entered_at_once_on_an_empty_line_only(typed: Typed) -> None:
    typed("1", "#")
    assert typed.entered == ["1", "#"]
    assert typed(*"/silence 30") == "/silence 30"
    typed("\n", "*")
    assert typed.entered == ["1", "#", "/silence 30", "*"]


@pytest.mark.parametrize(
    ("keys", "left"),
    [(["\x7f"], "/say two word"), (["\x08", "\x7f"], "/say two wor"), (["\x15"], ""), (["\x17"], "/say two ")],
)
def test_the_end_of_a_line_is_taken_back(typed: Typed, keys: list[str], left: str) -> None:
    typed(*"/say two words")
    assert typed(*keys) == left


def test_words_are_taken_back_one_at_a_time(typed: Typed) -> None:
    typed(*"/say two words ")
    assert [typed("\x17"), typed("\x17"), typed("\x17"), typed("\x17")] == ["/say two ", "/say ", "", ""]


def test_ctrl_d_ends_it_only_on_an_empty_line(typed: Typed) -> None:
    typed("h", "\x04")
    assert typed.ended == 0
    typed("\x7f", "\x04")
    assert typed.ended == 1


def test_a_terminal_that_is_gone_ends_it_whatever_was_typed(typed: Typed) -> None:
    typed("h", "gone")
    assert typed.ended == 1


def test_lines_before_come_back_and_can_be_changed(typed: Typed) -> None:
    typed(*"one", "\n", *"two", "\n")
    assert [typed("up"), typed("up"), typed("up"), typed("down"), typed("down"), typed("down")] == [
        "two",
        "one",
        "one",
        "two",
        "",
        "",
    ]
    typed("up", "up", "s", "\n")
    assert typed.entered[-1] == "ones"
    assert typed("up") == "ones"


def test_an_empty_line_is_entered_and_not_remembered(typed: Typed) -> None:
    typed(*"one", "\n", "\n")
    assert typed.entered == ["one", ""]
    assert typed("up") == "one"


def test_only_so_many_lines_are_remembered(typed: Typed) -> None:
    for number in range(150):
        typed("/", *str(number), "\n")
    assert typed(*["up"] * 200) == "/50"


def test_keys_that_move_and_controls_are_no_text(typed: Typed) -> None:
    assert typed("page up", "home", "\x01", "\x1b", "\t", "a") == "a"
