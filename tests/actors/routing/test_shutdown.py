"""Drains and the end of the client: who waits for the end of the calls, and for how long."""

from __future__ import annotations

import gevent
import pytest
from doubles.exchange import Exchange
from doubles.frames import dial_event, leg_event, offer, state
from doubles.hub import LIMIT, active_watchers, turns
from doubles.started import Started
from doubles.waiting import Waiting

from relay_actors.errors import ClientStopped, SessionLost
from relay_actors.kit.future import GreenletFuture
from relay_actors.routing.messages import AbandonDial, BeginDial, Drain, EndCalls
from relay_actors.session.messages import SessionExpired, SessionStarted


@pytest.fixture
def exchange(started: Started) -> Exchange:
    return Exchange(started, Waiting)


def drains(exchange: Exchange) -> GreenletFuture[None]:
    answer = exchange.actor.ref.request(Drain())
    turns()
    return answer


def test_a_drain_without_calls_is_answered_at_once(exchange: Exchange) -> None:
    assert drains(exchange).done()


def test_a_drain_is_answered_when_the_last_call_is_closed(exchange: Exchange) -> None:
    exchange.gets(offer("c1"), offer("c2"))
    first, second = drains(exchange), drains(exchange)
    exchange.gets(state("ended", "c1"))
    assert not first.done()
    exchange.gets(state("ended", "c2"))
    exchange.is_empty()
    turns()
    assert first.done()
    assert second.done()


@pytest.mark.parametrize("how", ["failed", "abandoned", "lost", "expired"])
def test_a_drain_waits_for_a_dial_until_its_outcome_is_known(exchange: Exchange, how: str) -> None:
    dial = exchange.dials("T")
    answer = drains(exchange)
    assert not answer.done()
    if how == "failed":
        exchange.gets(dial_event("failed", "T"))
    elif how == "abandoned":
        exchange.tells(AbandonDial("T", dial))
    elif how == "lost":
        exchange.tells(SessionStarted(restored=False))
    else:
        exchange.tells(SessionExpired())
    assert answer.done()


def test_a_dial_that_is_answered_during_a_drain_is_waited_for_as_a_call(exchange: Exchange) -> None:
    exchange.dials("T")
    answer = drains(exchange)
    exchange.gets(leg_event("created", "a", "T"), dial_event("answered", "T", winner="a"))
    assert not answer.done()
    exchange.gets(state("ended", "a"))
    exchange.is_empty()
    turns()
    assert answer.done()


@pytest.mark.parametrize("how", [Drain(), EndCalls(LIMIT)], ids=["drain", "end"])
def test_no_dial_is_begun_any_more(exchange: Exchange, how: Drain | EndCalls) -> None:
    exchange.actor.ref.request(how).get(timeout=LIMIT)
    with pytest.raises(ClientStopped, match="it makes no new calls"):
        exchange.actor.ref.ask(BeginDial("T", exchange.make, GreenletFuture()), timeout=LIMIT)


def test_a_drain_that_the_end_of_the_client_overtakes_is_answered_with_the_calls(exchange: Exchange) -> None:
    exchange.gets(offer("c1"))
    drained = drains(exchange)
    exchange.actor.ref.request(EndCalls(0.005)).get(timeout=LIMIT)
    exchange.is_empty()
    turns()
    assert drained.done()


def test_at_the_end_of_the_actor_whoever_waits_is_told(exchange: Exchange) -> None:
    exchange.gets(offer("c1"))
    waiting = [drains(exchange), exchange.actor.ref.request(EndCalls(LIMIT))]
    turns()
    exchange.actor.ref.stop(timeout=LIMIT)
    for answer in waiting:
        with pytest.raises(ClientStopped):
            answer.get(timeout=LIMIT)


def test_the_loss_of_the_session_ends_a_drain_with_its_calls(exchange: Exchange) -> None:
    exchange.gets(offer("c1"))
    wait = gevent.spawn(exchange.calls[0].wait_for, "calling.call.play")
    answer = drains(exchange)
    exchange.tells(SessionExpired())
    exchange.is_empty()
    turns()
    assert answer.done()
    with pytest.raises(SessionLost):
        wait.get(timeout=LIMIT)


def test_the_end_of_the_client_hangs_up_and_waits_for_the_ends(exchange: Exchange) -> None:
    exchange.gets(offer("c1"), offer("c2"))
    answer = exchange.actor.ref.request(EndCalls(LIMIT))
    turns()
    assert sorted(exchange.ended()) == ["c1", "c2"]
    exchange.gets(state("ended", "c1"))
    assert not answer.done()
    exchange.gets(state("ended", "c2"))
    answer.get(timeout=LIMIT)
    exchange.is_empty()


def test_the_end_of_the_client_does_not_wait_longer_than_it_may(exchange: Exchange) -> None:
    before = active_watchers()
    exchange.gets(offer("c1"))
    exchange.actor.ref.request(EndCalls(0.005)).get(timeout=LIMIT)
    exchange.is_empty()
    with pytest.raises(ClientStopped):
        exchange.calls[0].wait_for("calling.call.play")
    assert active_watchers() == before


def test_the_end_of_a_client_without_calls_or_link_is_at_once(exchange: Exchange) -> None:
    exchange.actor.ref.request(EndCalls(LIMIT)).get(timeout=LIMIT)
    exchange.gets(offer("c1"))
    assert exchange.calls == []  # a client that stops serves nobody
    assert exchange.stats.calls_refused == {"unserved": 1}


def test_offline_the_end_of_the_client_does_not_wait(exchange: Exchange) -> None:
    exchange.gets(offer("c1"))
    exchange.link.connection = None
    exchange.actor.ref.request(EndCalls(1000)).get(timeout=LIMIT)
    exchange.is_empty()
    assert exchange.ended() == []


def test_asked_twice_to_end_both_are_answered(exchange: Exchange) -> None:
    before = active_watchers()
    exchange.gets(offer("c1"))
    answers = [exchange.actor.ref.request(EndCalls(0.01)) for _ in range(2)]
    for answer in answers:
        answer.get(timeout=LIMIT)
    exchange.is_empty()
    assert active_watchers() == before
