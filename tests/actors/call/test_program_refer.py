"""A SIP transfer that is under way when the call's code is done."""

from __future__ import annotations

import pytest
from doubles.diary import Diary, scripted
from doubles.frames import event
from doubles.hub import LIMIT, turns
from doubles.line import Line
from doubles.started import Started

from relay_actors.errors import RelayError
from relay_actors.timing import Timing
from relay_actors.wire.events import RelayEvent

TARGET = {"type": "sip", "params": {"to": "sip:bob@example.com"}}
HUNG_UP = [{"call_id": "c1", "node_id": "n1", "reason": "hangup"}]


def refers(call: Diary) -> None:
    call.refer(TARGET)


def told(state: str) -> RelayEvent:
    return event("calling.call.refer", call_id="c1", state=state)


@pytest.mark.parametrize("outcome", ["success", "cancel", "busy", "noAnswer", "error"])
def test_a_call_is_left_until_its_transfer_has_an_outcome(started: Started, outcome: str) -> None:
    line = Line(started, scripted(refers))
    line.gets(told("inProgress"))
    assert line.board.methods() == ["calling.refer"]
    line.gets(told(outcome))
    assert line.board.params("calling.end") == HUNG_UP
    line.ends()
    line.closes()


def test_an_end_of_the_call_during_the_transfer_is_the_end(started: Started) -> None:
    line = Line(started, scripted(refers))
    line.gets(told("inProgress"))
    line.ends()
    line.closes()
    assert line.board.params("calling.end") == []


def test_a_transfer_that_the_server_refuses_leaves_nothing_to_wait_for(started: Started) -> None:
    def begin(call: Diary) -> None:
        call.gate.wait(LIMIT)
        with pytest.raises(RelayError):
            call.refer(TARGET)

    line = Line(started, scripted(begin))
    line.board.answers["calling.refer"] = RelayError(400, "no such target")
    line.call.gate.set()
    turns()
    assert line.board.params("calling.end") == HUNG_UP


def test_a_transfer_that_tells_nothing_is_waited_for_as_long_as_a_dial(started: Started) -> None:
    line = Line(started, scripted(refers), Timing(request_timeout=LIMIT, call_linger=LIMIT, dial_timeout=0.01))
    assert line.board.wait_for("calling.end") == HUNG_UP[0]
