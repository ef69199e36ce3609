"""Queues: a call leaves by the id it entered with."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.line import Line
from doubles.started import Started

from relay_actors.errors import RelayError


def left(line: Line[Any]) -> list[str]:
    return [params["control_id"] for params in line.board.params("calling.queue.leave")]


def entered(line: Line[Any]) -> list[str]:
    return [params["control_id"] for params in line.board.params("calling.queue.enter")]


def test_each_queue_is_left_by_the_id_it_was_entered_with(line: Line[Any]) -> None:
    line.call.queue_enter("support")
    line.call.queue_enter("sales", control_id="mine")
    line.call.queue_leave("sales")
    line.call.queue_leave("support")
    assert left(line) == ["mine", entered(line)[0]]


def test_an_id_that_is_given_goes_before_the_one_that_is_remembered(line: Line[Any]) -> None:
    line.call.queue_enter("support")
    line.call.queue_leave("support", control_id="mine", queue_id="q-1")
    assert left(line) == ["mine"]
    assert line.board.wait_for("calling.queue.leave")["queue_id"] == "q-1"


def test_the_newest_entry_of_a_queue_counts(line: Line[Any]) -> None:
    line.call.queue_enter("support", control_id="first")
    line.call.queue_enter("support", control_id="second")
    line.call.queue_leave("support")
    assert left(line) == ["second"]


def test_an_entry_that_was_refused_is_not_remembered(line: Line[Any]) -> None:
    line.board.answers["calling.queue.enter"] = RelayError(400, "full")
    with pytest.raises(RelayError, match="full"):
        line.call.queue_enter("support", control_id="refused")
    line.call.queue_leave("support")
    assert left(line) != ["refused"]


def test_what_one_call_entered_is_nothing_to_another(started: Started, line: Line[Any]) -> None:
    other: Line[Any] = Line(started)
    line.call.queue_enter("support", control_id="mine")
    other.call.queue_leave("support")
    assert left(other) != ["mine"]
