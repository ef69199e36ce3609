"""What the code of a call wants to be remembered."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from doubles.line import Line
from doubles.noted import Noted

from relay_actors.call.call import Call
from relay_actors.call.memo import read_memo, write_memo


@pytest.fixture
def noted(line: Line[Any]) -> Noted:
    line.core.environment.link.ledger = made = Noted()
    return made


def test_it_is_none_until_it_is_set_and_each_time_a_fresh_copy(line: Line[Any], noted: Noted) -> None:
    call: Call = line.call
    assert call.memo is None
    call.memo = {"step": [1, 2]}
    call.memo["step"].append(3)
    assert call.memo == {"step": [1, 2]}
    assert noted.of("c1") == [("memo", b'{"step":[1,2]}')]


def test_each_one_replaces_the_former(line: Line[Any], noted: Noted) -> None:
    for value in ("one", None, 2):
        write_memo(line.core, value)
        assert read_memo(line.core) == value
    assert noted.of("c1") == [("memo", b'"one"'), ("memo", b"null"), ("memo", b"2")]


def deep() -> list[Any]:
    made: list[Any] = []
    for _ in range(100_000):
        made = [made]
    return made


@pytest.mark.parametrize("value", [object(), {(1, 2): 3}, {1, object()}, "half \ud83d", deep()], ids=range(5))
def test_what_has_no_json_form_is_refused_and_the_former_stays(line: Line[Any], noted: Noted, value: Any) -> None:
    line.call.memo = "former"
    with pytest.raises(TypeError, match="memo has no JSON form: .*; accepted are texts, numbers, lists and dicts"):
        line.call.memo = value
    assert line.call.memo == "former"
    assert len(noted.notes) == 1


def test_it_has_1024_bytes_and_not_one_more(line: Line[Any], noted: Noted) -> None:
    line.call.memo = longest = "é" * 511
    with pytest.raises(ValueError, match=r"memo is 1,026 bytes of JSON; accepted are 1,024: keep an id in it"):
        line.call.memo = "é" * 512
    assert line.call.memo == longest
    assert len(noted.notes) == 1


def test_another_thread_is_refused(line: Line[Any], noted: Noted) -> None:
    errors: list[BaseException] = []

    def write() -> None:
        try:
            line.call.memo = "x"
        except RuntimeError as error:
            errors.append(error)

    thread = threading.Thread(target=write)
    thread.start()
    thread.join()
    assert len(errors) == 1
    assert noted.notes == []
