"""A call that a plain function serves."""

from __future__ import annotations

import pytest
from doubles.frames import state
from doubles.hub import LIMIT
from doubles.line import Line
from doubles.started import Started

from relay_actors.call.call import Call
from relay_actors.call.handler_call import HandlerCall
from relay_actors.errors import CallEnded


def test_a_handler_serves_a_call_as_its_run(started: Started) -> None:
    served: list[Call] = []

    def serve(call: Call) -> None:
        served.append(call)
        call.answer()

    line = Line(started, lambda setup: HandlerCall(setup, handler=serve))  # type: ignore[arg-type]
    assert served == [line.call]
    assert line.board.methods() == ["calling.answer", "calling.end"]
    line.ends()
    line.closes()


def test_a_handler_waits_as_run_does_and_is_ended_with_its_call(started: Started) -> None:
    felt: list[CallEnded] = []

    def serve(call: Call) -> None:
        call.wait_for_answered(LIMIT)
        with pytest.raises(CallEnded) as caught:
            call.wait_for("calling.call.play")
        felt.append(caught.value)

    line = Line(started, lambda setup: HandlerCall(setup, handler=serve))  # type: ignore[arg-type]
    line.gets(state("answered"))
    line.ends("busy")
    line.closes()
    assert [error.reason for error in felt] == ["busy"]
    assert line.board.methods() == []


def test_a_handler_that_crashes_is_the_calls_alone(started: Started, log_lines: list[str]) -> None:
    line = Line(started, lambda setup: HandlerCall(setup, handler=lambda call: 1 / 0))  # type: ignore[arg-type]
    assert line.board.wait_for("calling.end")["reason"] == "error"
    assert any("ZeroDivisionError" in text for text in log_lines)
    line.ends()
    line.closes()


def test_a_call_is_known_by_the_name_that_it_is_given_or_by_its_function(started: Started) -> None:
    def serve(call: Call) -> None:
        call.answer()

    named = Line(started, lambda setup: HandlerCall(setup, handler=serve, name="Desk"))  # type: ignore[arg-type]
    plain = Line(started, lambda setup: HandlerCall(setup, handler=serve))  # type: ignore[arg-type]
    assert named.core.facts.kind == "Desk"
    assert plain.core.facts.kind.endswith("serve")
