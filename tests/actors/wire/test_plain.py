"""Values of subclasses, of enums and of other libraries, in plain types."""

from __future__ import annotations

from collections import OrderedDict, namedtuple
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec
import pytest
from doubles.odd_values import (
    Array,
    Bits,
    Blob,
    Clock,
    Day,
    Foreign,
    Loud,
    Modern,
    Moment,
    Plain,
    Price,
    Row,
    Several,
    Share,
    Size,
    Span,
    Table,
    Whole,
    Word,
)

from relay_actors.wire.plain import plain, plain_scalar

Pair = namedtuple("Pair", "first second")  # noqa: PYI024 - what others hand in
NOON = (2026, 11, 29, 12, 0, 1, 250_000)


@pytest.mark.parametrize(
    ("value", "held"),
    [
        (Loud("hello"), "hello"),
        (Word.HELLO, "hello"),
        (Modern.HELLO, "hello"),
        (Plain.HELLO, "hello"),
        (Whole(7), 7),
        (Size.BIG, 3),
        (Bits.ONE, 1),
        (Foreign(), 3),
        (Share(1.5), 1.5),
        (Fraction(1, 2), 0.5),
        (Blob(b"ab"), b"ab"),
        (Array(b"ab"), bytearray(b"ab")),
        (Price("1.50"), Decimal("1.50")),
        (Moment(*NOON, tzinfo=UTC), datetime(*NOON, tzinfo=UTC)),
        (Day(2026, 11, 29), date(2026, 11, 29)),
        (Clock(12, 1), time(12, 1)),
        (Span(seconds=1.5), timedelta(seconds=1.5)),
    ],
)
def test_a_value_gives_what_it_holds_in_a_plain_type(value: Any, held: Any) -> None:
    for found in (plain_scalar(value), plain(value)):
        assert found == held
        assert type(found) is type(held)


def test_containers_are_plain_however_deep() -> None:
    given = Table({Loud("key"): Row([Pair(Word.HELLO, OrderedDict(n=Whole(1)))]), Size.BIG: None})
    found = plain(given)
    assert found == {"key": [["hello", {"n": 1}]], 3: None}
    assert [type(each) for each in (found, found["key"], found["key"][0], found["key"][0][1])] == [
        dict,
        list,
        list,
        dict,
    ]
    assert {type(key) for key in found} == {str, int}
    assert type(given["key"][0]) is Pair  # what was handed in is left as it is


@pytest.mark.parametrize("value", [None, True, object(), Several(), {1, 2}])
def test_what_has_no_plain_type_comes_back_as_it_is(value: Any) -> None:
    assert plain(value) is value


@pytest.mark.parametrize("value", ["text", 7, 1.5])
def test_what_is_plain_is_what_it_was(value: Any) -> None:
    assert plain(value) == value
    assert msgspec.json.encode(plain([value, {"a": value}])) == msgspec.json.encode([value, {"a": value}])


def test_what_holds_itself_is_told_of() -> None:
    circle: dict[str, Any] = {}
    circle["me"] = circle
    with pytest.raises(RecursionError):
        plain(circle)
