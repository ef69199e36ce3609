"""Values from the wire are what their type says, or absent."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from relay_actors.wire.values import Amount, Code, Count, Fraction, Mos, Percent, number, read_fields, text

NO_NUMBERS = [
    "nan", "-nan", "NaN", "inf", "-inf", "Infinity", "1e400", " 7", "7 ", "7\n", "7_000", "+7", "0x10", "\u0667", "",
    "seven", True, False, None, [], {}, [7], float("nan"), float("inf"), -float("inf"), 2**80, -(2**80), 10**5000,
    "1" * 5000,
]  # fmt: skip


@pytest.mark.parametrize("kind", [Count, Amount, Fraction, Percent, Mos, Code])
@pytest.mark.parametrize("value", NO_NUMBERS, ids=lambda value: type(value).__name__)
def test_what_is_no_number_in_range_is_absent(kind: Any, value: Any) -> None:
    assert number(value, kind, None) is None


@pytest.mark.parametrize("kind", [Count, Amount, Fraction, Percent, Mos])
@pytest.mark.parametrize("value", [-1, -0.5, "-1", -1e300, 1e300])
def test_an_amount_is_neither_negative_nor_beyond_all_bounds(kind: Any, value: Any) -> None:
    assert number(value, kind, None) is None


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (Count, 7, 7), (Count, "7", 7), (Count, 7.0, 7), (Count, "7.0", 7), (Count, 2**63 - 1, 2**63 - 1),
        (Count, 0, 0), (Amount, 7, 7), (Amount, 7.5, 7.5), (Amount, "7.5", 7.5), (Amount, 1e-320, 1e-320),
        (Fraction, 7, 7.0), (Fraction, "7e2", 700.0), (Percent, 100, 100.0), (Mos, 4.4, 4.4), (Code, -32002, -32002),
        (Code, "-32002", -32002),
    ],
)  # fmt: skip
def test_a_number_or_its_decimal_text_is_taken(kind: Any, value: Any, expected: Any) -> None:
    found = number(value, kind, None)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize("value", [2**63, float(2**63), str(2**63)])
@pytest.mark.parametrize("kind", [Count, Amount, Fraction])
def test_64_bits_are_all_that_a_number_may_have(kind: Any, value: Any) -> None:
    assert number(value, kind, None) is None
    assert text(value) == (value if isinstance(value, str) else "")


@pytest.mark.parametrize(("kind", "value"), [(Count, 7.5), (Percent, 100.5), (Mos, 5.5), (Code, 2**31), (Count, 2**63)])
def test_a_number_out_of_its_range_is_absent(kind: Any, value: Any) -> None:
    assert number(value, kind, 0) == 0


@pytest.mark.parametrize(("value", "expected"), [("x", "x"), (7, "7"), (-7, "-7"), (15550100001, "15550100001")])
def test_a_text_is_a_text_or_a_whole_number(value: Any, expected: str) -> None:
    assert text(value) == expected


def test_what_is_no_text_is_an_empty_one() -> None:
    for value in (None, True, float("nan"), float("inf"), 1e300, [], ["x"], {"x": 1}, 2**80, 10**5000):
        assert text(value) == ""


def test_a_struct_is_read_field_by_field_and_what_is_odd_is_left_out() -> None:
    class Facts(msgspec.Struct):
        own: str = ""
        count: Count = msgspec.field(default=3, name="number")
        raw: msgspec.Raw = msgspec.Raw(b"{}")

    body = {"own": "mine", "number": "7", "raw": {"a": 1}, "else": 1}
    assert read_fields(Facts, body) == {"own": "mine", "count": 7, "raw": msgspec.Raw(b'{"a":1}')}
    assert read_fields(Facts, {"own": 7, "number": True}, besides="raw") == {}
    assert "own" not in read_fields(Facts, body, besides="own")
