"""Payments: what is asked for is progress, and a result is the end."""

from __future__ import annotations

from typing import Any

from doubles.hub import LIMIT
from doubles.line import Line
from doubles.operations import BEGIN, of


def test_the_fields_of_a_payment_are_progress(line: Line[Any]) -> None:
    action = BEGIN["pay"](line.call)
    line.gets(of(action, "calling.call.pay", **{"for": "security-code"}))
    assert (action.is_done, action.state) == (False, "security-code")
    line.gets(of(action, "calling.call.pay", result="caller-hung-up"))
    assert (action.wait(LIMIT).success, action.state) == (False, "caller-hung-up")


def test_a_payment_that_is_over_without_a_result_is_no_success(line: Line[Any]) -> None:
    action = BEGIN["pay"](line.call)
    line.gets(of(action, "calling.call.pay", state="finished"))
    assert action.is_done
    assert not action.wait(LIMIT).success
