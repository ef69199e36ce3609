"""What kinds of values options have."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.odd_values import Foreign, Loud, Size, Word
from hypothesis import given
from hypothesis import strategies as st

from relay_runtime.settings import kinds
from relay_runtime.settings.kinds import Kind

POLICY = kinds.one_of("POLICY", "drop", "pass")


@pytest.mark.parametrize(
    ("kind", "written", "value"),
    [
        (kinds.TEXT, " a b ", " a b "),
        (kinds.NAMES, "office, shop", ("office", "shop")),
        (kinds.NAMES, ["office", "shop"], ("office", "shop")),
        (kinds.ADDRESS, "[::1]", "::1"),
        (kinds.ADDRESS, "::1", "::1"),
        (kinds.ADDRESS, "127.0.0.1", "127.0.0.1"),
        (kinds.PROXY, "http://me:pass@proxy:3128", "http://me:pass@proxy:3128"),
        (kinds.PROXY, "off", "off"),
        (kinds.COUNT, "12", 12),
        (kinds.COUNT, 1, 1),
        (kinds.PORT, "0", 0),
        (kinds.PORT, 65535, 65535),
        (kinds.SECONDS, "2.5", 2.5),
        (kinds.SECONDS, 0, 0.0),
        (kinds.TIMEOUT, "2.5", 2.5),
        (kinds.TIMEOUT, 0, 0.0),
        (kinds.SHARE, "1", 1.0),
        (kinds.SWITCH, True, True),
        (kinds.SWITCH, "on", True),
        (kinds.SWITCH, "False", False),
        (kinds.SWITCH, "0", False),
        (kinds.HOST, "ws://127.0.0.1:9", "ws://127.0.0.1:9"),
        (POLICY, "DROP", "drop"),
    ],
)
def test_a_value_is_read_as_people_and_files_write_it(kind: Kind, written: Any, value: Any) -> None:
    assert kind.read(written) == value


@pytest.mark.parametrize(
    ("kind", "written", "accepted"),
    [
        (kinds.TEXT, " ", "accepted is a text that is not empty"),
        (kinds.NAMES, "", "accepted are names"),
        (kinds.NAMES, [1], "accepted are names"),
        (kinds.COUNT, "0", "accepted is a whole number from 1"),
        (kinds.COUNT, "\u0661", "accepted is a whole number from 1"),
        (kinds.COUNT, "9" * 5000, "accepted is a whole number from 1"),
        (kinds.COUNT, True, "accepted is a whole number from 1"),
        (kinds.PORT, -1, "accepted is a port from 1 to 65535, or 0 for a free one"),
        (kinds.PORT, 65536, "accepted is a port from 1 to 65535, or 0 for a free one"),
        (kinds.PORT, "http", "accepted is a port from 1 to 65535, or 0 for a free one"),
        (kinds.PORT, 1.5, "accepted is a port from 1 to 65535, or 0 for a free one"),
        (kinds.SECONDS, "soon", "accepted is a number of seconds from 0"),
        (kinds.SECONDS, float("inf"), "accepted is a number of seconds from 0"),
        (kinds.SECONDS, False, "accepted is a number of seconds from 0"),
        (kinds.TIMEOUT, 0.5, "accepted is a number of seconds from 1, or 0 for never"),
        (kinds.TIMEOUT, "soon", "accepted is a number of seconds from 1, or 0 for never"),
        (kinds.SHARE, 1.01, "accepted is a share of max_active_calls, from 0 to 1"),
        (kinds.SHARE, None, "accepted is a share of max_active_calls, from 0 to 1"),
        (kinds.SWITCH, "maybe", "accepted is true or false"),
        (kinds.SWITCH, 1, "accepted is true or false"),
        (kinds.HOST, "ws://example.com", "use wss://"),
        (kinds.ADDRESS, "127.0.0.1\n", "ends in a line break"),
        (POLICY, "queue", "accepted is one of drop, pass"),
        (POLICY, None, "accepted is one of drop, pass"),
    ],
)
def test_anything_else_is_refused_by_what_is_accepted(kind: Kind, written: Any, accepted: str) -> None:
    with pytest.raises(ValueError, match=accepted):
        kind.read(written)


KINDS = st.sampled_from(
    [
        kinds.TEXT,
        kinds.CREDENTIAL,
        kinds.NAMES,
        kinds.COUNT,
        kinds.PORT,
        kinds.SECONDS,
        kinds.SHARE,
        kinds.TIMEOUT,
        kinds.SWITCH,
    ]
)
WRITTEN = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.lists(st.text())


@given(KINDS, WRITTEN)
def test_whatever_is_written_is_a_value_or_refused_and_a_value_reads_as_itself(kind: Kind, written: Any) -> None:
    try:
        value = kind.read(written)
    except ValueError:
        return
    assert kind.read(value) == value


@pytest.mark.parametrize(
    ("written", "what"),
    [
        ("PT-9\n", "ends in a line break"),
        ("PT-9\r\n", "ends in a line break"),
        ("PT-9 ", r"has ' ' at position 4"),
        (" PT-9", r"has ' ' at position 0"),
        ("PT\n-9", r"has '\\n' at position 2"),
        ("PT\t9", r"has '\\t' at position 2"),
        ("PT\x009", r"has '\\x00' at position 2"),
        ("\ufeffPT-9", r"has '\\ufeff' at position 0"),
        ("PT\xa09", r"has '\\xa0' at position 2"),
        ("PT-9\u200b", r"has '\\u200b' at position 4"),
        ("\n", "accepted is a text that is not empty"),
    ],
)
def test_a_credential_with_what_nobody_sees_is_refused_and_not_shown(written: str, what: str) -> None:
    with pytest.raises(ValueError, match=f"^{what}") as error:
        kinds.CREDENTIAL.read(written)
    assert "PT" not in str(error.value)
    assert kinds.CREDENTIAL.read("PT-9") == "PT-9"


@pytest.mark.parametrize(
    ("kind", "written", "value"),
    [
        (kinds.TEXT, Loud("a"), "a"),
        (kinds.CREDENTIAL, Word.HELLO, "hello"),
        (kinds.HOST, Loud("example.com"), "example.com"),
        (kinds.NAMES, [Loud("office")], ("office",)),
        (kinds.COUNT, Size.BIG, 3),
        (kinds.COUNT, Loud("12"), 12),
        (kinds.COUNT, Foreign(), 3),
        (POLICY, Loud("DROP"), "drop"),
    ],
)
def test_a_value_of_a_subclass_is_what_it_holds(kind: Kind, written: Any, value: Any) -> None:
    found = kind.read(written)
    assert (found, type(found)) == (value, type(value))
    assert found is not written
