"""What a call is doing, read from the call itself."""

from __future__ import annotations

from typing import Any

import gevent
import pytest
from doubles.diary import held, scripted
from doubles.frames import event, state
from doubles.hub import LIMIT, turns
from doubles.line import Line
from doubles.started import Started

from relay_actors.call.messages import DescribeCall
from relay_actors.telemetry.status import CallStatus


def described(line: Line[Any]) -> CallStatus:
    status: CallStatus = line.core.ref.request(DescribeCall()).get(timeout=LIMIT)
    return status


def test_a_call_without_code_is_idle_and_stands_nowhere(started: Started) -> None:
    status = described(Line(started))
    assert (status.call_id, status.kind, status.context, status.state) == ("c1", "Call", "office", "created")
    assert (status.doing, status.where, status.actions, status.jobs) == ("idle", "", (), 0)


@pytest.mark.parametrize(
    ("waits", "doing"),
    [
        (lambda call: call.wait_for("calling.call.connect"), "wait_for calling.call.connect"),
        (lambda call: call.record().wait(), "calling.record"),
        (lambda call: gevent.sleep(LIMIT), "code"),
    ],
)
def test_a_call_says_what_its_code_waits_for_and_where_it_stands(started: Started, waits: Any, doing: str) -> None:
    line = Line(started, scripted(waits))
    status = described(line)
    assert status.doing == doing
    assert status.where.startswith(f"{__file__}:{waits.__code__.co_firstlineno} in ")
    line.ends()


def test_a_command_that_waits_for_its_reply_is_named(started: Started) -> None:
    line = Line(started, held(lambda call: call.answer()))
    line.board.withheld.add("calling.answer")
    line.call.gate.set()
    turns()
    assert described(line).doing == "calling.answer"
    line.board.release()
    line.ends()


def test_open_operations_are_listed_with_their_state(started: Started) -> None:
    line: Line[Any] = Line(started)
    line.call.record(control_id="k1")
    line.call.play_tts("hi")
    line.gets(event("calling.call.record", call_id="c1", control_id="k1", state="recording"))
    recording, playback = described(line).actions
    assert recording == {"method": "calling.record", "control_id": "k1", "state": "recording"}
    assert (playback["method"], playback["state"]) == ("calling.play", "started")


def test_the_timeline_has_each_state_and_seconds_since_the_call_was_made(started: Started) -> None:
    line: Line[Any] = Line(started)
    line.gets(state("ringing"), state("answered"))
    status = described(line)
    assert [each for _, each in status.timeline] == ["created", "ringing", "answered"]
    assert status.timeline[0][0] == 0.0
    assert status.timeline[-1][0] <= status.age
