"""Faxes: their pages are progress, and their verdict is the end."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.hub import LIMIT
from doubles.line import Line
from doubles.operations import BEGIN, last, of


def test_the_pages_of_a_fax_are_progress(line: Line[Any]) -> None:
    action = BEGIN["send_fax"](line.call)
    line.gets(of(action, "calling.call.fax", fax={"type": "page", "params": {"number": 1}}))
    assert (action.is_done, action.state) == (False, "page")
    line.gets(last(action, "send_fax"))
    assert action.wait(LIMIT).success


@pytest.mark.parametrize("kind", ["send_fax", "receive_fax"])
def test_a_fax_that_failed_ends_without_success(line: Line[Any], kind: str) -> None:
    action = BEGIN[kind](line.call)
    line.gets(of(action, "calling.call.fax", fax={"type": "error", "params": {"result_text": "busy"}}))
    end = action.wait(LIMIT)
    assert (end.success, end.result_text, action.state) == (False, "busy", "error")
