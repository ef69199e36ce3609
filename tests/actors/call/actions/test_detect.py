"""Detectors: done at their first result, and they go on."""

from __future__ import annotations

from typing import Any

import gevent
import pytest
from doubles.hub import LIMIT, turns
from doubles.line import Line
from doubles.operations import BEGIN, detected, of

from relay_actors.errors import CallEnded, RelayTimeout


def test_a_detector_is_done_at_its_first_result_and_goes_on(line: Line[Any]) -> None:
    told: list[Any] = []
    action = line.call.detect_answering_machine(on_completed=told.append)
    first = detected(action, "MACHINE")
    line.gets(first, detected(action, "NOT_READY"))
    assert action.wait(LIMIT) is first
    assert action.stop() == {"code": "200", "message": "OK"}  # it still runs, so it can be stopped
    line.gets(detected(action, "READY"), detected(action, "finished"))
    assert action.wait_for_ready(LIMIT).event == "READY"
    assert [result.event for result in action.results()] == ["MACHINE", "NOT_READY", "READY"]
    assert told == [first]


@pytest.mark.parametrize("body", [{"what": "READY"}, {"what": "MACHINE", "beep": True}])
def test_a_machine_is_ready_when_it_says_so_or_beeps(line: Line[Any], body: dict[str, Any]) -> None:
    action = BEGIN["detect"](line.call)
    waiting = gevent.spawn(action.wait_for_ready, LIMIT)
    line.gets(detected(action, "MACHINE"))
    assert not waiting.ready()
    ready = detected(action, **body)
    line.gets(ready)
    assert waiting.get(timeout=LIMIT) is ready


def test_a_machine_that_is_not_ready_any_more_is_waited_for_again(line: Line[Any]) -> None:
    action = BEGIN["detect"](line.call)
    line.gets(detected(action, "MACHINE"), detected(action, "READY"), detected(action, "NOT_READY"))
    waiting = gevent.spawn(action.wait_for_ready, LIMIT)
    turns()
    assert not waiting.ready()
    again = detected(action, "READY")
    line.gets(again)
    assert waiting.get(timeout=LIMIT) is again


def test_a_detector_that_ends_without_a_ready_machine_says_so(line: Line[Any]) -> None:
    action = BEGIN["detect"](line.call)
    waiting = gevent.spawn(action.wait_for_ready, LIMIT)
    line.gets(detected(action, "HUMAN"), detected(action, "finished"))
    assert waiting.get(timeout=LIMIT).event == "finished"
    assert action.result.event == "HUMAN"


def test_the_end_of_the_call_ends_the_wait_for_a_ready_machine(line: Line[Any]) -> None:
    action = BEGIN["detect"](line.call)
    line.gets(detected(action, "MACHINE"))
    waiting = gevent.spawn(action.wait_for_ready, LIMIT)
    turns()
    line.ends("hangup")
    with pytest.raises(CallEnded):
        waiting.get(timeout=LIMIT)
    assert action.result.event == "MACHINE"
    line.closes()


def test_waiting_for_a_ready_machine_is_bounded(line: Line[Any]) -> None:
    action = BEGIN["detect"](line.call)
    with pytest.raises(RelayTimeout):
        action.wait_for_ready(0.001)


@pytest.mark.parametrize("what", ["CED", "5"])
def test_any_other_detector_is_done_at_its_first_result_too(line: Line[Any], what: str) -> None:
    action = line.call.detect_fax() if what == "CED" else line.call.detect_digit()
    line.gets(detected(action, what))
    assert (action.wait(LIMIT).event, action.state) == (what, what)


def test_what_says_nothing_of_who_is_there_is_no_result(line: Line[Any]) -> None:
    action = BEGIN["detect"](line.call)
    line.gets(
        of(action, "calling.call.detect", state="detecting"), detected(action, "HUMAN"), detected(action, "finished")
    )
    assert [result.event for result in action.results()] == ["HUMAN"]
