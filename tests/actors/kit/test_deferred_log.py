"""Lines whose text somebody else makes, or loguru where nobody does."""

from __future__ import annotations

import inspect
import time
from collections.abc import Iterator

import pytest

from relay_actors.kit.deferred_log import DeferredLine, defer_to, log_deferred


@pytest.fixture(autouse=True)
def _to_loguru_again() -> Iterator[None]:
    yield
    defer_to(None)


def test_it_goes_to_loguru_with_its_fields_and_its_origin_where_nobody_takes_it(log_lines: list[str]) -> None:
    log_deferred("{what} is {seconds:.1f} s old", what="{it}", seconds=1.26)
    assert log_lines == ["INFO {it} is 1.3 s old {'what': '{it}', 'seconds': 1.26}\n"]


def test_whoever_takes_it_gets_what_happened_and_no_text(log_lines: list[str]) -> None:
    taken: list[DeferredLine] = []
    defer_to(lambda line: taken.append(line) is None)
    before = time.time()
    log_deferred("{what} is {seconds:.1f} s old", what="it", seconds=1.26)
    line_number = inspect.currentframe().f_lineno - 1  # type: ignore[union-attr]
    (line,) = taken
    assert before <= line.time <= time.time()
    assert (line.logger, line.line) == (__name__, line_number)
    assert line.fields == {"what": "it", "seconds": 1.26}
    assert line.message == "it is 1.3 s old"
    assert log_lines == []


def test_what_is_not_taken_goes_to_loguru(log_lines: list[str]) -> None:
    defer_to(lambda _: False)
    log_deferred("here")
    assert log_lines == ["INFO here {}\n"]
