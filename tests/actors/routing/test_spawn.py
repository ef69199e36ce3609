"""How calls get their actors: at once by a class of the usual kind, and what happens when none can be made."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.exchange import Exchange
from doubles.frames import event, offer, state
from doubles.hub import LIMIT, turns, until
from doubles.started import Started

from relay_actors.call.call import CallActor
from relay_actors.call.setup import CallSetup
from relay_actors.kit.actor import GreenletRef
from relay_actors.kit.future import GreenletFuture
from relay_actors.routing.messages import BeginDial, FindCall, SetCallHandler
from relay_actors.routing.spawn import UnmadeCall


class Plain(CallActor):
    """A class without an ``__init__`` of its own."""

    def run(self) -> None:
        self.wait_for_ended()


class Broken(CallActor):
    def __init__(self, setup: CallSetup) -> None:
        super().__init__(setup)
        raise ZeroDivisionError


class Slow(CallActor):
    def __init__(self, setup: CallSetup) -> None:
        super().__init__(setup)


@pytest.fixture
def exchange(started: Started) -> Exchange:
    return Exchange(started, None)


def found(exchange: Exchange, call_id: str = "c1") -> Any:
    return exchange.actor.ref.ask(FindCall(call_id), timeout=LIMIT)


@pytest.mark.parametrize(("kind", "stands_for_it"), [(Plain, GreenletRef), (Slow, UnmadeCall)])
def test_a_class_with_an_init_of_its_own_is_made_elsewhere_and_any_other_at_once(
    exchange: Exchange, kind: type[CallActor], stands_for_it: type
) -> None:
    exchange.actor.on_receive(SetCallHandler(kind))
    exchange.actor._offers.take(offer("c1"))  # as it is before anybody else runs
    assert type(exchange.actor._calls["c1"].ref) is stands_for_it
    turns()
    call = found(exchange).actor().face
    assert type(call) is kind
    assert call.state == "created"
    exchange.gets(state("ended", "c1"))
    exchange.is_empty()
    assert exchange.stats.calls_crashed == 0


def test_a_dial_may_be_served_by_another_class_than_the_calls_that_come_in(exchange: Exchange) -> None:
    exchange.tells(SetCallHandler(Slow))
    outcome: GreenletFuture[Any] = GreenletFuture()
    exchange.actor.ref.ask(BeginDial("T", Plain, outcome), timeout=LIMIT)
    exchange.gets(
        state("answered", "leg", tag="T"),
        event("calling.call.dial", tag="T", dial_state="answered", call={"call_id": "leg", "node_id": "n1"}),
    )
    assert type(outcome.get(timeout=LIMIT)) is Plain
    outcome.get()._relay.ref.kill()


@pytest.mark.parametrize("early", [0, 3])
def test_a_call_that_gets_no_actor_is_hung_up_counted_and_told_of_once(
    exchange: Exchange, log_lines: list[str], early: int
) -> None:
    exchange.tells(SetCallHandler(Broken))
    exchange.gets(*(event("calling.call.play", call_id="c1", control_id="k", n=n) for n in range(early)))
    exchange.gets(offer("c1"))
    until(lambda: exchange.ended() == ["c1"], "the hang-up")
    exchange.is_empty()
    assert exchange.stats.calls_crashed == 1
    assert exchange.stats.calls_ended == {"error": 1}
    (line,) = [line for line in log_lines if "no actor could be made for call c1" in line]
    assert "ZeroDivisionError" in line
    assert exchange.roster.unrouted.early.claim("c1") == []  # what came early is forgotten with it


def test_what_came_before_its_call_is_delivered_once_it_has_an_actor(exchange: Exchange) -> None:
    heard: list[Any] = []

    class Hearing(CallActor):
        def on_play(self, each: Any) -> None:
            heard.append(each.params["n"])

    exchange.tells(SetCallHandler(Hearing))
    exchange.gets(*(event("calling.call.play", call_id="c1", control_id="k", n=n) for n in range(3)))
    exchange.gets(offer("c1"))
    assert heard == [0, 1, 2]
    exchange.gets(state("ended", "c1"))
    exchange.is_empty()


def test_a_call_that_has_an_actor_gets_no_other(exchange: Exchange, log_lines: list[str]) -> None:
    exchange.tells(SetCallHandler(Plain))
    exchange.gets(offer("c1"))
    call = found(exchange).actor().face
    told: list[Any] = []
    exchange.actor._spawn.begin(
        Plain, (), told.append, call_id="c1", node_id="n1", direction="inbound", state="created"
    )
    assert told == [None]
    assert found(exchange).actor().face is call
    assert any("no actor is made for call c1: it has one" in line for line in log_lines)
    exchange.gets(state("ended", "c1"))
    exchange.is_empty()
