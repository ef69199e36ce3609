"""The terminal, by another's idea of one: lines above, the line that is being typed below."""

from __future__ import annotations

import pyte
import pytest

from relay_runtime.softphone.screen import Screen

PREFIX = "    0.0 s  app      "


class Seen:
    """A screen and the terminal that it is shown on."""

    def __init__(self, columns: int = 60, rows: int = 12) -> None:
        self.terminal = pyte.Screen(columns, rows)
        self.terminal.set_mode(pyte.modes.LNM)  # as a terminal's driver does, a new line begins at its beginning
        self._stream = pyte.Stream(self.terminal)
        self.screen = Screen(self._stream.feed, lambda: columns)

    @property
    def lines(self) -> list[str]:
        lines = [line.rstrip() for line in self.terminal.display]
        while lines and not lines[-1]:
            lines.pop()
        return lines


@pytest.fixture
def seen() -> Seen:
    made = Seen()
    made.screen.begin()
    return made


def test_what_is_shown_stands_above_what_is_typed(seen: Seen) -> None:
    seen.screen.type("/say hel")
    seen.screen.show("one")
    seen.screen.type("/say hello")
    seen.screen.show("two")
    assert seen.lines == ["one", "two", "> /say hello"]
    seen.screen.type("")
    assert seen.lines == ["one", "two", ">"]


def test_words_grow_where_they_are_spoken(seen: Seen) -> None:
    for words in ("W", "Wel", "Welcome", "Welcome"):
        seen.screen.speak(1, PREFIX, words)
        assert seen.lines == [PREFIX + words, ">"]
    seen.screen.type("1")
    assert seen.lines == [f"{PREFIX}Welcome", "> 1"]


def test_a_line_that_comes_meanwhile_splits_what_is_spoken(seen: Seen) -> None:
    seen.screen.speak(1, PREFIX, "Welcome to")
    seen.screen.show("phone presses 1")
    seen.screen.speak(1, PREFIX, "Welcome to")
    assert seen.lines == [f"{PREFIX}Welcome to", "phone presses 1", ">"]
    seen.screen.speak(1, PREFIX, "Welcome to all")
    assert seen.lines == [f"{PREFIX}Welcome to", "phone presses 1", f"{PREFIX} all", ">"]


def test_what_is_spoken_next_begins_a_line_of_its_own(seen: Seen) -> None:
    seen.screen.speak(1, PREFIX, "One")
    seen.screen.speak(2, PREFIX, "Two")
    seen.screen.speak(2, PREFIX, "Two!")
    assert seen.lines == [f"{PREFIX}One", f"{PREFIX}Two!", ">"]


def test_long_words_are_wrapped_between_words_and_nothing_is_lost(seen: Seen) -> None:
    text = "Welcome to Example Limited. Press 1 for sales, press 2 for support, press 3 for the rest."
    for end in range(1, len(text) + 1):
        seen.screen.speak(1, PREFIX, text[:end])
        assert max(len(line) for line in seen.lines) < 60
        joined = " ".join(line.removeprefix(PREFIX).strip() for line in seen.lines[:-1])
        assert joined.rstrip() == text[:end].rstrip()
    assert seen.lines[0] == f"{PREFIX}Welcome to Example Limited. Press 1 for"
    assert seen.lines[1].startswith(" " * 20 + "sales, press 2")


def test_a_word_longer_than_a_row_is_cut(seen: Seen) -> None:
    seen.screen.speak(1, PREFIX, "x" * 100)
    assert "".join(line.removeprefix(PREFIX).strip() for line in seen.lines[:-1]) == "x" * 100


def test_wide_characters_take_their_room(seen: Seen) -> None:
    text = "日本語のとても長い案内です。" * 4
    for end in range(1, len(text) + 1):
        seen.screen.speak(1, PREFIX, text[:end])
    shown = "".join(line.removeprefix(PREFIX).strip() for line in seen.lines[:-1])
    assert shown.replace(" ", "") == text


def test_only_the_end_of_a_long_input_is_shown(seen: Seen) -> None:
    seen.screen.type("/say " + "word " * 30 + "end")
    assert len(seen.lines) == 1
    assert seen.lines[0].startswith("> ")
    assert seen.lines[0].endswith("word end")


def test_what_would_control_the_terminal_is_shown_as_text(seen: Seen) -> None:
    seen.screen.show("a\x1b[2Jb")
    seen.screen.speak(1, "", "c\rd")
    seen.screen.type("e\x07")
    assert seen.lines == ["a\\x1b[2Jb", "c\\rd", "> e\\x07"]


def test_it_scrolls(seen: Seen) -> None:
    for number in range(30):
        seen.screen.speak(number, PREFIX, f"line {number}")
    assert seen.lines[-2:] == [f"{PREFIX}line 29", ">"]
    assert len(seen.lines) == 12


def test_at_its_end_the_line_that_was_typed_is_gone_and_what_was_shown_stays(seen: Seen) -> None:
    seen.screen.speak(1, PREFIX, "Hello")
    seen.screen.type("abc")
    seen.screen.end()
    seen.screen.end()
    assert seen.lines == [f"{PREFIX}Hello"]
    seen.screen.show("later")
    assert seen.lines == [f"{PREFIX}Hello", "later"]


def test_before_it_begins_nothing_is_drawn_but_what_is_complete() -> None:
    seen = Seen()
    seen.screen.type("a")
    seen.screen.show("early")
    assert seen.lines == ["early"]


def test_a_narrow_terminal_still_shows_everything() -> None:
    seen = Seen(columns=30, rows=40)
    seen.screen.begin()
    text = "Welcome to Example Limited. Press 1."
    seen.screen.speak(1, PREFIX, text)
    assert " ".join(" ".join(seen.lines[:-1]).removeprefix(PREFIX).split()) == text


@pytest.mark.parametrize("columns", [3, 4, 7, 12, 19])
def test_one_that_is_too_narrow_for_anything_cuts_words_and_garbles_none(columns: int) -> None:
    seen = Seen(columns=columns, rows=60)
    seen.screen.begin()
    text = "Welcome to \u65e5\u672c. Press 1."
    seen.screen.type("/hello")
    for end in range(1, len(text) + 1):
        seen.screen.speak(1, "app ", text[:end])
    assert "".join("".join(seen.lines[:-1]).split()) == "".join(f"app {text}".split())
    assert seen.lines[-1] == f"> {'/hello'[max(0, 9 - columns) :]}".rstrip()


def test_words_of_which_there_are_no_more_draw_nothing() -> None:
    written: list[str] = []
    screen = Screen(written.append, lambda: 80)
    screen.begin()
    screen.speak(1, PREFIX, "Hello")
    drawn = len(written)
    screen.speak(1, PREFIX, "Hello")
    assert len(written) == drawn


def test_it_rings() -> None:
    written: list[str] = []
    Screen(written.append, lambda: 80).ring()
    assert written == ["\a"]
