"""A dial is written down before its command, and until nothing is left of it."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.exchange import Exchange
from doubles.frames import dial_event, leg_event, state
from doubles.hub import LIMIT, turns, until
from doubles.noted import Noted
from doubles.started import Started

from relay_actors.call.call import Call
from relay_actors.errors import SessionLost
from relay_actors.kit.future import GreenletFuture
from relay_actors.routing.messages import BeginDial
from relay_actors.session.messages import SessionStarted
from relay_actors.timing import Timing


@pytest.fixture
def noted() -> Noted:
    return Noted()


@pytest.fixture
def exchange(started: Started, noted: Noted) -> Exchange:
    return Exchange(started, Call, ledger=noted, timing=Timing(request_timeout=LIMIT, call_linger=0.01))


def test_whoever_dials_is_answered_when_the_tag_is_noted(exchange: Exchange, noted: Noted) -> None:
    """He sends the command then."""
    outcome: GreenletFuture[Any] = GreenletFuture()
    exchange.actor.ref.ask(BeginDial("T", exchange.make, outcome), timeout=LIMIT)
    assert noted.notes == [("dial", "T")]


def test_the_call_is_noted_as_served_before_the_dial_is_forgotten(exchange: Exchange, noted: Noted) -> None:
    dial = exchange.dials("T")
    exchange.gets(leg_event("created", "a", "T"), leg_event("answered", "a", "T"))
    exchange.gets(dial_event("answered", "T", winner="a"))
    assert dial.get(timeout=LIMIT).call_id == "a"
    until(lambda: ("forget dial", "T") in noted.notes, "the end of what is left of it")
    notes = noted.notes
    assert notes[0] == ("dial", "T")
    assert notes.index(("served", "a", "n1", "Call", True)) < notes.index(("forget dial", "T"))


def test_a_dial_that_fails_is_forgotten(exchange: Exchange, noted: Noted) -> None:
    exchange.dials("T")
    exchange.gets(leg_event("created", "a", "T"), state("ended", "a", tag="T"), dial_event("failed", "T"))
    assert noted.of("T") == [("dial",)]  # a leg may show up
    until(lambda: noted.of("T")[-1] == ("forget dial",), "the end of what is left of it")


@pytest.mark.parametrize("lose", [True, False])
def test_those_of_a_session_that_is_lost_are_forgotten(exchange: Exchange, noted: Noted, *, lose: bool) -> None:
    dials = [exchange.dials(tag) for tag in ("T", "U")]
    exchange.tells(SessionStarted(restored=not lose))
    turns()
    assert [noted.of(tag) for tag in ("T", "U")] == [[("dial",), ("forget dial",)] if lose else [("dial",)]] * 2
    assert [dial.done() for dial in dials] == [lose] * 2
    if lose:
        with pytest.raises(SessionLost):
            dials[0].get(timeout=0)
