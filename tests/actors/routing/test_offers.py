"""Offers of inbound calls: what is refused, why, and what remains of it. See also `test_subscription.py`."""

from __future__ import annotations

import pytest
from doubles.exchange import Exchange
from doubles.frames import event, offer, state
from doubles.started import Started
from doubles.waiting import Waiting

from relay_actors.routing.messages import Drain

ADDRESS = {"node_id": "n1", "call_id": "late"}


@pytest.fixture
def exchange(started: Started) -> Exchange:
    return Exchange(started, Waiting, limit=1, policy="busy")


def test_while_draining_an_offer_is_given_back_and_counted(exchange: Exchange, log_lines: list[str]) -> None:
    exchange.gets(offer("c1"))
    drained = exchange.actor.ref.request(Drain())
    exchange.gets(offer("late"), offer("late"))
    assert exchange.board.params("calling.pass") == [ADDRESS]
    assert exchange.stats.calls_refused == {"drain": 1}
    assert not drained.done()
    assert any("call late was passed on: the client is draining" in line for line in log_lines)
    exchange.gets(state("ended", "c1"))
    exchange.is_empty()
    assert drained.done()


def test_what_came_before_an_offer_that_is_refused_is_forgotten(exchange: Exchange) -> None:
    exchange.gets(offer("c1"))
    exchange.gets(state("ringing", "late"), event("calling.call.play", call_id="late", control_id="k"))
    exchange.gets(offer("late"))
    assert exchange.ended() == ["late"]
    assert exchange.roster.unrouted.early.claim("late") == []
    exchange.gets(state("ended", "c1"))
    exchange.is_empty()


def test_an_offer_that_names_no_direction_is_inbound(exchange: Exchange) -> None:
    exchange.gets(offer("c1", direction=""))
    assert exchange.calls[0].direction == "inbound"
    exchange.gets(state("ended", "c1"))
    exchange.is_empty()


def test_what_is_no_offer_or_was_offered_before_is_told_of(exchange: Exchange, log_lines: list[str]) -> None:
    exchange.gets(event("calling.call.receive", node_id="n1"), offer("c1"), offer("c1", call_state="ringing"))
    assert any("ignored an offer without call_id" in line for line in log_lines)
    assert exchange.stats.calls_offered == exchange.stats.events_duplicate == 1
    exchange.gets(state("ended", "c1"))
    exchange.is_empty()
