"""What the subscription actor knows outlives it: the router of the next life goes on with it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from doubles.exchange import Exchange
from doubles.frames import offer, state
from doubles.hub import LIMIT, turns
from doubles.started import Started
from doubles.waiting import Waiting

from relay_actors.call.facts import CallFacts
from relay_actors.call.messages import HangUp
from relay_actors.delivery.unrouted import Unrouted
from relay_actors.kit.future import GreenletFuture
from relay_actors.kit.name import Name
from relay_actors.routing.dial import Dial
from relay_actors.routing.messages import Drain, ListCalls
from relay_actors.routing.roster import CallRoster, UpIds
from relay_actors.session.messages import EventsReceived, SessionStarted
from relay_actors.telemetry.stats import Stats


class Lives(Exchange):
    """An exchange whose actor can fail, and be started again."""

    def __init__(self, started: Started) -> None:
        self.name = Name("subscription")
        super().__init__(started, Waiting, address=self.name)

    def begins(self) -> None:
        self.begin()
        turns()

    def fail(self) -> None:
        self.actor.on_receive = lambda _: 1 / 0  # type: ignore[method-assign]
        self.tells("crash")
        assert self.actor.ref.join(LIMIT)


@pytest.fixture
def lives(started: Started) -> Lives:
    return Lives(started)


def test_a_call_lives_on_and_gets_its_events_from_the_next_router(lives: Lives) -> None:
    lives.gets(offer("c1"))
    lives.fail()
    lives.begins()
    lives.gets(state("answered", "c1"), state("ended", "c1"))
    assert lives.calls[0].got == ["created", "answered", "ended"]
    assert len(lives.calls) == 1
    lives.is_empty()


def test_the_slot_of_a_call_stays_taken_and_is_given_back_once(lives: Lives) -> None:
    lives.gets(offer("c1"))
    lives.fail()
    assert lives.admission.slots.taken == 1
    lives.begins()
    lives.gets(state("ended", "c1"))
    lives.is_empty()


def test_mail_that_waited_behind_the_failure_is_the_next_routers(lives: Lives) -> None:
    lives.gets(offer("c1"))
    lives.actor.on_receive = lambda _: 1 / 0  # type: ignore[method-assign]
    for message in ("crash", EventsReceived((("f8", state("ringing", "c1")), ("f9", state("answered", "c1"))))):
        lives.actor.ref.tell(message)
    assert lives.actor.ref.join(LIMIT)
    assert lives.calls[0].got == ["created"]
    lives.begins()
    assert lives.calls[0].got == ["created", "ringing", "answered"]


def test_an_event_that_was_handled_before_the_failure_is_not_handled_again(lives: Lives) -> None:
    lives.gets(offer("c1"), identity="f1")
    first: Any = state("ringing", "c1")
    lives.gets(first, identity="f2")
    lives.fail()
    lives.begins()
    lives.gets(first, identity="f2")  # again, since it was not acknowledged
    assert lives.calls[0].got == ["created", "ringing"]
    assert lives.stats.events_duplicate == 1
    lives.gets(state("ended", "c1"))


def test_the_handler_the_contexts_and_a_drain_are_those_of_before(lives: Lives) -> None:
    lives.gets(offer("c1"))
    lives.name.request(Drain())
    turns()
    lives.fail()
    lives.begins()
    lives.gets(offer("c2"))
    assert [params["call_id"] for params in lives.board.params("calling.pass")] == ["c2"]
    assert lives.roster.contexts == ("office",)
    assert lives.name.request(ListCalls()).get(timeout=LIMIT) == (lives.roster.calls["c1"].ref,)
    lives.gets(state("ended", "c1"))


def test_a_call_that_was_to_be_ended_is_ended_by_the_next_router(lives: Lives) -> None:
    lives.roster.factory = lambda setup: 1 / 0  # no actor can be made: the call is hung up
    lives.board.withheld.add("calling.end")
    lives.gets(offer("c1"))
    lives.fail()
    lives.board.withheld.clear()
    lives.begins()
    assert lives.ended() == ["c1", "c1"]
    assert lives.roster.unserved == {}


def test_a_session_that_is_lost_between_two_lives_ends_the_calls_of_the_former(lives: Lives) -> None:
    lives.gets(offer("c1"))
    lives.fail()
    lives.name.offer(SessionStarted(restored=False))
    lives.begins()
    assert lives.calls[0].is_ended
    lives.is_empty()


def live_call(call_id: str, *, hung_up: bool = False) -> Any:
    facts = CallFacts(call_id=call_id, node_id=f"n-{call_id}", direction="inbound", state="created", hung_up=hung_up)
    return SimpleNamespace(facts=facts)


def test_whoever_no_hangup_was_taken_of_is_up() -> None:
    roster = CallRoster(Unrouted(1.0, Stats()))
    roster.calls = {
        "served": live_call("served"),
        "ending": live_call("ending", hung_up=True),
        "over": live_call("over"),
    }
    roster.over.add("over")
    roster.apart.add("ending")  # as the call itself notes
    assert (len(UpIds(roster)), list(UpIds(roster))) == (1, ["served"])
    roster.unserved["crashed"] = HangUp("crashed", "n1", "error")
    roster.abandoned["given-up"] = "n2"
    assert roster.up() == {"served": "n-served", "crashed": "n1", "given-up": "n2"}
    assert (len(UpIds(roster)), list(UpIds(roster))) == (3, list(roster.up()))
    assert "served" in UpIds(roster)
    assert "over" not in UpIds(roster)
    roster.stopping = True
    assert roster.up() == {"crashed": "n1", "given-up": "n2"}
    assert (len(UpIds(roster)), list(UpIds(roster))) == (2, list(roster.up()))


def test_it_is_live_while_somebody_is_on_the_line_or_will_be() -> None:
    roster = CallRoster(Unrouted(1.0, Stats()))
    assert not roster.live
    roster.calls["c1"] = live_call("c1")
    assert roster.live
    roster.over.add("c1")
    roster.abandoned["c2"] = "n2"  # its session is given up: there is no hurry
    assert not roster.live
    roster.unserved["c3"] = HangUp("c3", "n1", "error")
    assert roster.live
    roster.unserved.clear()
    roster.dials["T"] = Dial("T", SimpleNamespace, GreenletFuture())
    assert roster.live
