"""The contexts are left when too many calls are active, and received again when there are fewer."""

from __future__ import annotations

import gevent
import pytest
from doubles.examples import examples
from doubles.exchange import Exchange
from doubles.frames import offer, state
from doubles.hub import LIMIT, turns
from doubles.office import Office
from doubles.started import Started
from doubles.waiting import Waiting
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from relay_actors.routing.admission import Admission
from relay_actors.routing.messages import AddContexts, ContextsReceived, Drain, RemoveContexts, StayAway
from relay_actors.session.command import Command
from relay_actors.session.messages import ChangeContexts


@pytest.fixture
def exchange(started: Started) -> Exchange:
    return Exchange(started, Waiting, admission=Admission(4, leave_at=0.75, return_at=0.25))


def told(exchange: Exchange) -> list[ChangeContexts]:
    turns()
    return exchange.supervisor.of(ChangeContexts)


AWAY = ChangeContexts((), tell=True)
BACK = ChangeContexts(("office",), tell=True)


def test_the_contexts_are_left_once_and_come_back_once(exchange: Exchange, log_lines: list[str]) -> None:
    exchange.gets(offer("c1"), offer("c2"))
    assert told(exchange) == []
    exchange.gets(offer("c3"), offer("c4"))
    assert told(exchange) == [AWAY]
    exchange.gets(state("ended", "c1"), state("ended", "c2"))
    assert told(exchange) == [AWAY]
    exchange.gets(state("ended", "c3"))
    assert told(exchange) == [AWAY, BACK]
    exchange.gets(state("ended", "c4"))
    assert told(exchange) == [AWAY, BACK]
    assert exchange.stats.contexts_left == 1
    assert any("3 of 4 calls are active: the contexts are left until there are fewer" in line for line in log_lines)
    assert any("1 of 4 calls are active: back in the contexts" in line for line in log_lines)


def test_what_still_arrives_while_away_is_served_up_to_the_cap(exchange: Exchange) -> None:
    exchange.gets(*(offer(f"c{n}") for n in range(6)))
    assert exchange.stats.calls_admitted == 4
    assert exchange.stats.calls_refused == {"drop": 2}


def test_a_context_that_is_wanted_while_away_is_kept_for_later(exchange: Exchange) -> None:
    exchange.gets(offer("c1"), offer("c2"), offer("c3"))
    assert exchange.actor.ref.ask(AddContexts(("sales",)), timeout=LIMIT) == ()
    exchange.tells(ContextsReceived(("sales",)))
    assert exchange.board.params("signalwire.unreceive") == [{"contexts": ["sales"]}]
    exchange.gets(state("ended", "c1"), state("ended", "c2"))
    assert told(exchange)[-1] == ChangeContexts(("office", "sales"), tell=True)
    exchange.tells(ContextsReceived(("sales",)))
    assert len(exchange.board.params("signalwire.unreceive")) == 1


def test_nothing_is_left_again_where_nothing_was_asked_for_or_nobody_hears_it(exchange: Exchange) -> None:
    exchange.gets(offer("c1"), offer("c2"), offer("c3"))
    exchange.tells(ContextsReceived(()))
    exchange.link.connection = None
    exchange.tells(ContextsReceived(("sales",)))
    turns()
    assert exchange.board.params("signalwire.unreceive") == []
    assert exchange.supervisor.of(Command) == []  # nor is it kept for the next connection


def test_a_context_that_is_given_up_while_away_stays_so(exchange: Exchange) -> None:
    exchange.gets(offer("c1"), offer("c2"), offer("c3"))
    exchange.actor.ref.ask(RemoveContexts(("office",)), timeout=LIMIT)
    exchange.gets(state("ended", "c1"), state("ended", "c2"))
    assert told(exchange)[-1] == ChangeContexts((), tell=True)


def test_a_context_that_is_wanted_while_the_client_drains_is_not_asked_for(exchange: Exchange) -> None:
    exchange.gets(offer("c1"))
    exchange.actor.ref.ask(Drain(), block=False)
    assert exchange.actor.ref.ask(AddContexts(("sales",)), timeout=LIMIT) == ()
    assert told(exchange)[-1].contexts == ()
    exchange.tells(ContextsReceived(("sales",)))
    assert exchange.board.params("signalwire.unreceive") == [{"contexts": ["sales"]}]


def test_a_client_that_is_to_stay_away_leaves_the_contexts_once_and_comes_back_once(
    exchange: Exchange, log_lines: list[str]
) -> None:
    for _ in range(3):  # it is told again and again
        exchange.tells(StayAway(True))
    assert told(exchange) == [AWAY]
    assert exchange.actor.ref.ask(AddContexts(("sales",)), timeout=LIMIT) == ()
    exchange.tells(ContextsReceived(("sales",)))
    assert exchange.board.params("signalwire.unreceive") == [{"contexts": ["sales"]}]
    for _ in range(3):
        exchange.tells(StayAway(False))
    assert told(exchange)[-1] == ChangeContexts(("office", "sales"), tell=True)
    assert told(exchange).count(AWAY) == 1
    assert len([line for line in log_lines if "no new calls are taken from now on" in line]) == 1
    assert len([line for line in log_lines if "new calls are taken again from now on" in line]) == 1


def test_a_client_that_stays_away_does_not_come_back_because_it_has_fewer_calls(exchange: Exchange) -> None:
    exchange.gets(offer("c1"), offer("c2"), offer("c3"))
    exchange.tells(StayAway(True))
    exchange.gets(state("ended", "c1"), state("ended", "c2"), state("ended", "c3"))
    assert {change.contexts for change in told(exchange)} == {()}
    exchange.gets(offer("c4"))  # what still comes is served
    assert exchange.stats.calls_admitted == 4
    exchange.tells(StayAway(False))
    assert told(exchange)[-1] == BACK


def test_a_client_that_has_too_many_calls_does_not_come_back_because_it_may(exchange: Exchange) -> None:
    exchange.tells(StayAway(True))
    exchange.gets(offer("c1"), offer("c2"), offer("c3"))
    exchange.tells(StayAway(False))
    assert told(exchange)[-1].contexts == ()
    exchange.gets(state("ended", "c1"), state("ended", "c2"))
    assert told(exchange)[-1] == BACK


# The connection's side


def subscriptions(office: Office) -> list[tuple[str, list[str]]]:
    turns()
    return [
        (method, request["params"]["contexts"])
        for method in ("signalwire.receive", "signalwire.unreceive")
        for request in office.peer.requests(method)
    ]


def test_the_server_is_told_of_the_difference(started: Started) -> None:
    office = Office(started)
    office.connect()
    office.actor.ref.tell(ChangeContexts(("office",), tell=True))
    assert subscriptions(office) == []
    office.actor.ref.tell(ChangeContexts((), tell=True))
    assert subscriptions(office) == [("signalwire.unreceive", ["office"])]
    office.actor.ref.tell(ChangeContexts(("office", "sales"), tell=True))
    assert subscriptions(office)[0] == ("signalwire.receive", ["office", "sales"])


def test_a_login_while_away_asks_for_no_context(started: Started) -> None:
    office = Office(started)
    office.connect()
    office.actor.ref.tell(ChangeContexts((), tell=True))
    turns()
    office.peer.transport.drop()
    office.reaches("connected", count=2)
    assert ["contexts" in login for login in office.logins()] == [True, False]
    office.actor.ref.tell(ChangeContexts(("office",), tell=True))
    assert ("signalwire.receive", ["office"]) in subscriptions(office)


class Load(RuleBasedStateMachine):
    """Calls come and go, contexts are wanted and given up: what the server is asked for follows."""

    def __init__(self) -> None:
        super().__init__()
        self.started = Started()
        self.exchange = Exchange(self.started, Waiting, admission=Admission(5, leave_at=0.8, return_at=0.4))
        self.live: list[str] = []
        self.number = 0
        self.wanted = ["office"]
        self.away = False

    def follow(self) -> None:
        active = self.exchange.admission.slots.taken
        self.away = active > 2 if self.away else active >= 4

    @rule()
    def a_call_comes(self) -> None:
        self.number += 1
        call_id = f"c{self.number}"
        if len(self.live) < 5:
            self.live.append(call_id)
        self.exchange.gets(offer(call_id))
        self.follow()

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def a_call_ends(self, data: st.DataObject) -> None:
        call_id = self.live.pop(data.draw(st.integers(0, len(self.live) - 1)))
        self.exchange.gets(state("ended", call_id))
        self.follow()

    @rule(name=st.sampled_from(["office", "sales"]), more=st.booleans())
    def contexts_change(self, name: str, more: bool) -> None:
        message = AddContexts((name,)) if more else RemoveContexts((name,))
        self.exchange.actor.ref.ask(message, timeout=LIMIT)
        self.wanted = [each for each in self.wanted if each != name] + ([name] if more else [])

    @invariant()
    def the_server_is_asked_for_what_is_wanted_and_nothing_while_away(self) -> None:
        turns()
        changes = self.exchange.supervisor.of(ChangeContexts)
        asked = set(changes[-1].contexts) if changes else {"office"}
        assert asked == (set() if self.away else set(self.wanted))
        assert self.exchange.admission.slots.taken == len(self.live) <= 5

    def teardown(self) -> None:
        with gevent.Timeout(LIMIT):
            self.started.end()


TestLoad = Load.TestCase
TestLoad.settings = settings(max_examples=examples(30), stateful_step_count=25, deadline=None)
