"""Collections: what ends them and what does not."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.hub import LIMIT
from doubles.line import Line
from doubles.operations import BEGIN, DIGIT, collected, of


@pytest.mark.parametrize("kind", ["collect", "play_and_collect"])
def test_a_collection_does_not_end_at_its_start_nor_at_a_partial_result(line: Line[Any], kind: str) -> None:
    action = BEGIN[kind](line.call)
    line.gets(
        of(action, "calling.call.play", state="playing"),
        of(action, "calling.call.play", state="finished"),
        collected(action, "start_of_input", state="collecting"),
        collected(action, "speech", final=False, state="collecting"),
    )
    assert not action.is_done
    final = collected(action, digits="42", final=True, state="finished")
    line.gets(final)
    assert (action.wait(LIMIT), action.result.digits) == (final, "42")


@pytest.mark.parametrize("kind", ["no_input", "no_match", "error"])
def test_a_continuous_collection_goes_on_after_a_result_that_ends_any_other(line: Line[Any], kind: str) -> None:
    once, forever = line.call.collect(digits=DIGIT), line.call.collect(digits=DIGIT, continuous=True)
    line.gets(collected(once, kind), collected(forever, kind))
    assert once.is_done
    assert forever.is_done is (kind == "error")


@pytest.mark.parametrize("kind", ["collect", "play_and_collect"])
def test_the_timers_of_either_kind_are_started_by_the_same_command(line: Line[Any], kind: str) -> None:
    action = BEGIN[kind](line.call)
    action.start_input_timers()
    assert line.board.wait_for("calling.collect.start_input_timers")["control_id"] == action.control_id
