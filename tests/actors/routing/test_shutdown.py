"""Drains and the end of the client: who waits for the end of the calls, and for how long."""

from __future__ import annotations

import gevent
import pytest
from doubles.exchange import Exchange
from doubles.frames import dial_event, leg_event, offer, state
from doubles.hub import LIMIT, active_watchers, turns
from doubles.started import Started
from doubles.waiting import Waiting

from relay_actors.call.messages import HangUp
from relay_actors.errors import ClientStopped, RelayError, SessionLost
from relay_actors.kit.future import GreenletFuture
from relay_actors.routing.messages import AbandonDial, BeginDial, Drain, EndCalls
from relay_actors.session.command import Command
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


class Offline:
    """What an exchange's commands wait for while there is no connection."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.board = exchange.link.connection
        exchange.link.connection = None
        exchange.supervisor.block = True

    def comes_back(self, *, restored: bool = True) -> None:
        self.exchange.link.connection = self.board
        self.exchange.tells(SessionStarted(restored=restored))
        for command in self.exchange.supervisor.of(Command):
            self.exchange.link.forward(command)  # as the supervisor does with its outbox
        turns()


def test_offline_the_end_of_the_client_waits_for_a_connection_and_hangs_up_then(exchange: Exchange) -> None:
    before = active_watchers()
    exchange.gets(offer("c1"), offer("c2"))
    offline = Offline(exchange)
    answer = exchange.actor.ref.request(EndCalls(LIMIT, LIMIT))
    turns()
    assert not answer.done()
    assert exchange.roster.up() == {"c1": "n1", "c2": "n1"}
    offline.comes_back()
    assert sorted(exchange.ended()) == ["c1", "c2"]
    assert not answer.done()  # taken; the ends follow
    assert exchange.roster.up() == {}
    exchange.gets(state("ended", "c1"), state("ended", "c2"))
    answer.get(timeout=LIMIT)
    exchange.is_empty()
    assert active_watchers() == before


def test_offline_the_end_of_the_client_waits_no_longer_than_it_may(exchange: Exchange) -> None:
    exchange.gets(offer("c1"))
    Offline(exchange)
    exchange.actor.ref.request(EndCalls(1000, 0.005)).get(timeout=LIMIT)
    exchange.is_empty()
    assert exchange.roster.up() == {"c1": "n1"}
    assert exchange.ended() == []


def test_a_connection_that_comes_late_gives_hangups_their_time_once(exchange: Exchange) -> None:
    exchange.board.withheld.add("calling.end")
    exchange.gets(offer("c1"))
    offline = Offline(exchange)
    answer = exchange.actor.ref.request(EndCalls(0.005, 1000))
    turns()
    assert not answer.done()
    offline.comes_back()
    answer.get(timeout=LIMIT)
    assert exchange.ended() == ["c1"]
    assert exchange.roster.up() == {"c1": "n1"}


def test_a_connection_that_is_lost_while_calls_are_hung_up_is_waited_for(exchange: Exchange) -> None:
    exchange.board.withheld.add("calling.end")
    exchange.gets(offer("c1"))
    answer = exchange.actor.ref.request(EndCalls(0.005, LIMIT))
    turns()
    offline = Offline(exchange)
    exchange.board.lose()
    gevent.sleep(0.02)
    assert not answer.done()
    exchange.board.withheld.clear()
    offline.comes_back()
    exchange.gets(state("ended", "c1"))
    answer.get(timeout=LIMIT)
    assert exchange.roster.up() == {}


@pytest.mark.parametrize("how", ["refused", "unanswered"])
def test_a_hangup_that_the_server_does_not_take_leaves_the_call_up(exchange: Exchange, how: str) -> None:
    exchange.gets(offer("c1"), offer("c2"))
    exchange.gets(state("ended", "c2"))
    if how == "refused":
        exchange.board.answers["calling.end"] = RelayError(500, "not now")
    else:
        exchange.board.withheld.add("calling.end")
    exchange.actor.ref.request(EndCalls(0.01, LIMIT)).get(timeout=LIMIT)
    exchange.is_empty()
    assert exchange.roster.up() == {"c1": "n1"}


@pytest.mark.parametrize("how", [Drain(), EndCalls(LIMIT)], ids=["drain", "end"])
def test_a_call_that_nobody_serves_is_waited_for_until_its_hangup_is_taken(
    exchange: Exchange, how: Drain | EndCalls
) -> None:
    exchange.board.withheld.add("calling.end")
    exchange.tells(HangUp("c9", "n1", "error"))
    exchange.tells(HangUp("c10", "n1", "error"))
    answer = exchange.actor.ref.request(how)
    turns()
    assert not answer.done()
    exchange.gets(state("ended", "c10"))  # by itself
    assert not answer.done()
    exchange.board.release()
    answer.get(timeout=LIMIT)
    assert exchange.roster.up() == {}


def test_legs_that_ring_are_ended_when_the_connection_is_back(exchange: Exchange) -> None:
    exchange.dials("T")
    exchange.gets(leg_event("created", "a", "T"))
    offline = Offline(exchange)
    answer = exchange.actor.ref.request(EndCalls(LIMIT, LIMIT))
    turns()
    assert not answer.done()
    offline.comes_back()
    answer.get(timeout=LIMIT)
    assert exchange.ended() == ["a"]


def test_calls_that_were_given_up_offline_are_hung_up_at_the_end(exchange: Exchange) -> None:
    exchange.gets(offer("c1"))
    offline = Offline(exchange)
    exchange.tells(SessionExpired())
    exchange.is_empty()
    drains(exchange).get(timeout=LIMIT)
    answer = exchange.actor.ref.request(EndCalls(LIMIT, LIMIT))
    turns()
    assert not answer.done()
    assert exchange.roster.cut_off
    exchange.tells(SessionExpired())  # whatever comes meanwhile
    offline.comes_back()
    answer.get(timeout=LIMIT)
    assert exchange.ended() == ["c1"]
    assert exchange.roster.up() == {}


@pytest.mark.parametrize("how", ["drain", "end"])
def test_calls_of_a_session_that_the_server_forgets_meanwhile_are_not_said_to_be_hung_up(
    exchange: Exchange, how: str
) -> None:
    exchange.gets(offer("c1"))
    offline = Offline(exchange)
    answer = drains(exchange) if how == "drain" else exchange.actor.ref.request(EndCalls(LIMIT, LIMIT))
    turns()
    offline.comes_back(restored=False)
    answer.get(timeout=LIMIT)
    exchange.is_empty()
    assert exchange.roster.forgotten == {"c1"}


def test_asked_twice_to_end_both_are_answered(exchange: Exchange) -> None:
    before = active_watchers()
    exchange.gets(offer("c1"))
    answers = [exchange.actor.ref.request(EndCalls(0.01)) for _ in range(2)]
    for answer in answers:
        answer.get(timeout=LIMIT)
    exchange.is_empty()
    assert active_watchers() == before
