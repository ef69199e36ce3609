"""Events that come before anybody could wait for them: with the reply of the verb that caused them, or as a state."""

from __future__ import annotations

from typing import Any

import gevent
import pytest
from doubles.frames import event, state
from doubles.hub import LIMIT, turns
from doubles.line import Line
from doubles.started import Started

from relay_actors.call.call import CallActor
from relay_actors.errors import RelayTimeout

DEVICES = [[{"type": "phone", "params": {"to_number": "+15550100002"}}]]
CONNECT = "calling.call.connect"


def connected(name: str = "connected") -> Any:
    return event(CONNECT, call_id="c1", connect_state=name)


def connecting(line: Line[Any], *events: Any) -> None:
    """Have the call connect; the events come while it waits for the reply."""
    line.board.withheld.add("calling.connect")
    verb = gevent.spawn(line.call.connect, DEVICES)
    line.board.wait_for("calling.connect")
    line.gets(*events)
    line.board.release()
    verb.get(timeout=LIMIT)


def test_an_event_that_came_with_the_reply_counts_as_the_next(line: Line[Any]) -> None:
    happened = connected()
    connecting(line, connected("connecting"), happened)
    assert line.call.wait_for(CONNECT, lambda e: e.connect_state == "connected", LIMIT) is happened


def test_an_event_is_the_next_once(line: Line[Any]) -> None:
    connecting(line, connected())
    line.call.wait_for(CONNECT, timeout=LIMIT)
    with pytest.raises(RelayTimeout):
        line.call.wait_for(CONNECT, timeout=0.001)


def test_an_event_that_came_with_the_reply_of_an_earlier_verb_is_past(line: Line[Any]) -> None:
    connecting(line, connected())
    line.call.denoise()
    with pytest.raises(RelayTimeout):
        line.call.wait_for(CONNECT, timeout=0.001)


def test_an_event_that_came_while_nobody_waited_for_a_reply_is_past(line: Line[Any]) -> None:
    connecting(line)
    line.gets(connected())
    with pytest.raises(RelayTimeout):
        line.call.wait_for(CONNECT, timeout=0.001)


def test_what_is_kept_is_bounded_to_the_newest(line: Line[Any]) -> None:
    connecting(line, *(connected(str(number)) for number in range(60)))
    first = line.call.wait_for(CONNECT, timeout=LIMIT).connect_state
    assert 60 - int(first) < 30


def test_an_event_of_an_action_is_its_own(line: Line[Any]) -> None:
    action = line.call.play_tts("hi")
    connecting(line, event("calling.call.play", call_id="c1", control_id=action.control_id, state="playing"))
    with pytest.raises(RelayTimeout):
        line.call.wait_for("calling.call.play", timeout=0.001)


def test_in_the_calls_own_code_an_event_that_came_with_the_reply_counts_too(started: Started) -> None:
    class Bridger(CallActor):
        go = False
        seen: Any = None

        def run(self) -> None:
            self._relay.wait_until(lambda: self.go, LIMIT)
            self.connect(DEVICES)
            self.seen = self.wait_for(CONNECT, lambda e: e.connect_state == "connected", LIMIT)

    line: Line[Any] = Line(started, Bridger)
    line.board.withheld.add("calling.connect")
    line.call.go = True
    line.core.mailbox.wake()
    line.board.wait_for("calling.connect")
    happened = connected()
    line.core.ref.offer(happened)
    line.board.release()
    turns()
    assert line.call.seen is happened


def test_a_wait_for_a_state_that_the_call_is_in_returns_at_once(line: Line[Any]) -> None:
    answered = state("answered")
    line.gets(answered)
    waited = line.call.wait_for("calling.call.state", lambda e: e.call_state == "answered", LIMIT)
    assert (type(waited), waited.timestamp, waited.params) == (type(answered), answered.timestamp, answered.params)


def test_without_a_predicate_the_next_state_is_awaited(line: Line[Any]) -> None:
    line.gets(state("answered"))
    with pytest.raises(RelayTimeout):
        line.call.wait_for("calling.call.state", timeout=0.001)


def test_a_state_that_the_call_has_left_is_not_its_state(line: Line[Any]) -> None:
    line.gets(state("ringing"), state("answered"))
    with pytest.raises(RelayTimeout):
        line.call.wait_for("calling.call.state", lambda e: e.call_state == "ringing", 0.001)
