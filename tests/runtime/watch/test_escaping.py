"""Text from outside controls neither a terminal nor a log."""

from __future__ import annotations

import unicodedata

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay_runtime.watch.escaping import encoded_json, escaped, escaped_in, escaped_json

ANYTHING = st.text(st.characters(), max_size=50)


class Guest(msgspec.Struct, frozen=True):
    name: str
    notes: dict[str, list[str]]
    age: float = 1.0
    tags: tuple[str, ...] = ()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb", r"a\nb"),
        ("a\r\x1b[2Jb", r"a\r\x1b[2Jb"),
        ("\x9b31m\x85\x7f\x00", r"\x9b31m\x85\x7f\x00"),
        ("\u202eabc\u2066\u200f", r"\u202eabc\u2066\u200f"),
        ("\u2028\u2029\ufeff", r"\u2028\u2029\ufeff"),
        ("half \ud83d", r"half \ud83d"),
        ("\U000e0041", r"\U000e0041"),
    ],
)
def test_what_controls_a_terminal_or_ends_a_line_is_shown_as_python_writes_it(text: str, shown: str) -> None:
    assert escaped(text) == shown


@pytest.mark.parametrize(
    "text", ["plain", "grün 日本\u3000語", "10\u202f000\xa0€", "👩\u200d🚒", r"C:\new", "[red]x[/red]"]
)
def test_what_people_write_stays_as_it_is(text: str) -> None:
    assert escaped(text) == text


@given(ANYTHING)
def test_whatever_comes_it_is_one_line_without_controls(text: str) -> None:
    shown = escaped(text)
    assert len(shown.splitlines()) <= 1
    assert not {unicodedata.category(each) for each in shown} & {"Cc", "Cs", "Zl", "Zp"}


@given(st.dictionaries(ANYTHING.filter(str.isprintable), st.text(max_size=50), max_size=3))
@pytest.mark.slow
def test_json_means_the_same_and_is_one_line_without_controls(value: dict[str, str]) -> None:
    line = escaped_json(msgspec.json.encode(value).decode())
    assert msgspec.json.decode(line) == value
    assert len(line.splitlines()) <= 1


def test_a_struct_is_escaped_however_deep_and_stays_one() -> None:
    guest = Guest("a\x1b", {"k\n": ["\r", "ok"]}, tags=("\u202e",))
    assert escaped_in(guest) == Guest(r"a\x1b", {r"k\n": [r"\r", "ok"]}, tags=(r"\u202e",))


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
@given(text=ANYTHING)
def test_json_means_the_same_in_an_encoding_that_lacks_a_character(encoding: str, text: str) -> None:
    try:
        line = msgspec.json.encode({"text": text}).decode()
    except UnicodeEncodeError:
        return
    assert msgspec.json.decode(escaped_json(line, encoding).encode(encoding).decode(encoding)) == {"text": text}


def test_json_is_left_as_it_is_where_its_encoding_has_all_of_it() -> None:
    assert escaped_json('{"a":"grün"}', "latin-1") == '{"a":"grün"}'
    assert escaped_json('{"a":"grün €"}', "latin-1") == r'{"a":"gr\u00fcn \u20ac"}'


def test_halves_of_characters_have_a_form_in_json_too() -> None:
    assert encoded_json({"a": 1, "b": [Guest("x", {})]}).startswith(b'{"a":1,"b":[{"')
    assert encoded_json({1: "\ud800"}) == b'{"1":"\\ud800"}'
