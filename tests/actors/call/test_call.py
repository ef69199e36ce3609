"""A live call as its users know it."""

from __future__ import annotations

from doubles.diary import Diary, held, scripted
from doubles.frames import offer, state
from doubles.hub import turns, until
from doubles.line import Line
from doubles.started import Started

from relay_actors.call.setup import CallSetup
from relay_actors.errors import (
    ConnectionLost,
    RequestTimeout,
)


def test_the_facts_of_a_call_are_readable(started: Started) -> None:
    call = Line(started).call
    assert (call.call_id, call.node_id, call.context, call.direction) == ("c1", "n1", "office", "inbound")
    assert (call.from_number, call.to_number, call.state, call.end_reason) == (
        "+15550100001",
        "+15550100002",
        "created",
        "",
    )


def test_no_number_of_a_caller_is_shown(started: Started, log_lines: list[str]) -> None:
    line = Line(started, scripted(lambda call: 1 / 0))
    line.gets(offer(), state("answered"))
    line.ends()
    line.closes()
    shown = [
        repr(line.call),
        str(line.call),
        repr(CallSetup(line.core.facts, line.core.environment)),
        repr(offer()),
        *log_lines,
    ]
    assert not any("+1555" in text for text in shown)


def test_a_lost_connection_is_raised_in_the_verb_and_the_call_lives_on(started: Started) -> None:
    seen: list[BaseException] = []

    def answers(call: Diary) -> None:
        try:
            call.answer()
        except (ConnectionLost, RequestTimeout) as error:
            seen.append(error)
        call.wait_for_ended()

    line = Line(started, held(answers))
    line.board.withheld = {"calling.answer"}
    line.call.gate.set()
    turns()
    line.board.lose()
    turns()
    assert [type(error) for error in seen] == [ConnectionLost]
    assert not line.call.is_ended
    line.ends()
    line.closes()


def test_calls_use_no_greenlet_while_nothing_happens(started: Started) -> None:
    line = Line(started)
    line.gets(state("answered"))
    until(lambda: line.core._worker is None)
