"""The line of the log that each call has which ended."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.exchange import Exchange
from doubles.frames import offer, state
from doubles.hub import until
from doubles.started import Started

from relay_actors.call.call import CallActor
from relay_actors.call.facts import CallFacts
from relay_actors.call.messages import SessionEnded
from relay_actors.call.record import log_end, outcome
from relay_actors.errors import CallEnded, CallGone, ClientStopped, SessionLost
from relay_actors.kit.deferred_log import DeferredLine, defer_to
from relay_actors.session.messages import SessionStarted


@pytest.fixture
def told() -> Any:
    """The lines that were logged."""
    lines: list[DeferredLine] = []
    defer_to(lambda line: lines.append(line) is None)
    yield lines
    defer_to(None)


class Calm(CallActor):
    """Does nothing until its call is over."""

    def run(self) -> None:
        self.wait_for_ended()


class Crashing(CallActor):
    """Crashes at once, and hears of the end."""

    def run(self) -> None:
        raise ZeroDivisionError


def test_it_says_what_an_operator_counts_by(told: list[DeferredLine], started: Started) -> None:
    exchange = Exchange(started, Calm)
    # All at once: whoever routes them is ahead of the call.
    exchange.gets(offer("c1"), state("answered", "c1"), state("ended", "c1", end_reason="busy", end_source="inbound"))
    (line,) = told
    assert 0 <= line.fields.pop("seconds") < 60
    assert line.fields == {
        "call_id": "c1",
        "context": "office",
        "actor": "Calm",
        "direction": "inbound",
        "state": "answered",
        "end_reason": "busy",
        "end_source": "inbound",
        "crashed": False,
    }
    line.fields["seconds"] = 12.34
    assert line.message == "call c1 ended: inbound, answered, 12.3 s, busy by the inbound side"


def test_a_call_is_told_of_once(told: list[DeferredLine], started: Started) -> None:
    exchange = Exchange(started, Calm)
    exchange.gets(offer("c1"), state("ended", "c1"), state("ended", "c1"))
    exchange.is_empty()
    assert [line.fields["end_reason"] for line in told] == ["unknown"]


def test_a_crash_is_named(told: list[DeferredLine], started: Started) -> None:
    exchange = Exchange(started, Crashing)
    exchange.gets(offer("c1"))
    exchange.gets(state("ended", "c1", end_reason="hangup", end_source="outbound"))
    (line,) = told
    assert line.message.endswith(" s, hangup by the outbound side; its code crashed")
    assert line.fields["crashed"]


def test_calls_of_a_lost_session_have_theirs(told: list[DeferredLine], started: Started) -> None:
    exchange = Exchange(started, Calm)
    exchange.gets(offer("c1"), offer("c2"))
    exchange.actor.ref.tell(SessionStarted(restored=False))
    until(lambda: len(told) == 2, "both lines")
    assert [line.fields["end_reason"] for line in told] == ["lost", "lost"]
    assert told[0].message.endswith("s, lost")


def test_an_actor_that_is_stopped_leaves_one_too(told: list[DeferredLine], started: Started) -> None:
    exchange = Exchange(started, Calm)
    exchange.gets(offer("c1"))
    exchange.calls[0]._relay.ref.offer(SessionEnded(ClientStopped))
    until(lambda: told, "the line")
    assert told[0].fields["end_reason"] == "stopped"


def test_an_offer_that_is_left_to_others_has_not_ended(told: list[DeferredLine]) -> None:
    facts = CallFacts(call_id="c1", node_id="n", direction="inbound", state="created", left=True)
    log_end(facts, CallEnded(reason="left"))
    assert told == []


@pytest.mark.parametrize(
    ("over", "word"),
    [
        (CallEnded(reason="busy"), "busy"),
        (CallEnded(), "unknown"),
        (CallGone(404, "no such call"), "gone"),
        (ClientStopped(), "stopped"),
        (SessionLost(), "lost"),
    ],
    ids=lambda each: each if isinstance(each, str) else type(each).__name__,
)
def test_an_end_has_a_word(over: Any, word: str) -> None:
    assert outcome(over) == word
