"""AI agents: over at the first of three events."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.frames import event, state
from doubles.hub import LIMIT
from doubles.line import Line
from doubles.operations import BEGIN


@pytest.mark.parametrize(
    "end", [{"event_type": "calling.ai.stop"}, {"event_type": "calling.call.ai", "state": "finished"}]
)
def test_an_agent_ends_by_either_event(line: Line[Any], end: dict[str, Any]) -> None:
    action = BEGIN["ai"](line.call)
    line.gets(event("calling.ai.start", call_id="c1"), event("calling.ai.completion", call_id="c1", text="Hi"))
    assert not action.is_done
    ids = {"call_id": "c1", **({"control_id": action.control_id} if "state" in end else {})}
    stop = event(**end, **ids)
    line.gets(stop)
    assert action.wait(LIMIT) is stop


def test_an_agent_ends_with_its_call(line: Line[Any]) -> None:
    told: list[Any] = []
    action = line.call.ai(prompt={"text": "hi"}, on_completed=told.append)
    ended = state("ended", end_reason="hangup")
    line.gets(ended)
    assert action.wait(LIMIT) is ended
    assert action.state == "finished"
    assert told == [ended]


def test_the_stop_of_an_agent_ends_no_other_action(line: Line[Any]) -> None:
    playing, agent = BEGIN["play"](line.call), BEGIN["ai"](line.call)
    line.gets(event("calling.ai.stop", call_id="c1"))
    assert (agent.is_done, playing.is_done) == (True, False)


def test_the_state_that_an_agent_was_in_when_its_call_ended_is_kept(line: Line[Any]) -> None:
    action = BEGIN["ai"](line.call)
    ids = {"call_id": "c1", "control_id": action.control_id}
    line.gets(event("calling.call.ai", state="listening", **ids), state("ended", end_reason="hangup"))
    assert (action.is_done, action.state) == (True, "listening")
