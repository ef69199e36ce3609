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


@pytest.mark.parametrize("why", ["without call_id", "is beyond max_active_calls", "was passed on", "left unanswered"])
def test_a_flood_of_offers_that_are_refused_is_told_of_by_one_line(
    started: Started, why: str, log_lines: list[str]
) -> None:
    exchange = Exchange(started, None if why == "left unanswered" else Waiting, limit=1)
    if exchange.kind is not None:
        exchange.gets(offer("c1"))
    if why == "was passed on":
        exchange.actor.ref.request(Drain())
    exchange.gets(*(offer("" if why == "without call_id" else f"late-{n}") for n in range(1_000)))
    (told,) = [line for line in log_lines if why in line]
    assert "'call_id': 'late-0'" in told or why == "without call_id"
    assert sum(exchange.stats.calls_refused.values()) == (0 if why == "without call_id" else 1_000)
    if exchange.kind is not None:
        exchange.gets(state("ended", "c1"))
        exchange.is_empty()


def test_a_flood_of_states_that_nobody_knows_is_told_of_by_one_line_for_all_calls(
    started: Started, log_lines: list[str]
) -> None:
    exchange = Exchange(started, Waiting, limit=10)
    exchange.gets(*(offer(f"c{n}") for n in range(10)))
    exchange.gets(*(state("levitating", f"c{n % 10}") for n in range(1_000)))
    assert sum("levitating" in line for line in log_lines) == 1
    exchange.gets(*(state("ended", f"c{n}") for n in range(10)))
    exchange.is_empty()


def test_of_a_flood_over_which_the_routing_fails_one_traceback_is_logged(
    exchange: Exchange, log_lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_event: object) -> None:
        raise LookupError("a defect")

    monkeypatch.setattr(exchange.actor, "_route", fail)
    exchange.gets(*(offer(f"c{n}") for n in range(1_000)))
    (told,) = [line for line in log_lines if "could not handle" in line]
    assert "LookupError: a defect" in told
