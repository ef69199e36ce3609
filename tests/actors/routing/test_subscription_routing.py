"""Which call an event belongs to; contexts, the session and the end."""

from __future__ import annotations

from types import SimpleNamespace

import gevent
import pytest
from doubles.exchange import Exchange
from doubles.frames import event, offer, state
from doubles.hub import LIMIT, turns, until
from doubles.started import Started
from doubles.waiting import Waiting

from relay_actors.errors import CallEnded, ClientStopped, SessionLost
from relay_actors.kit.future import GreenletFuture
from relay_actors.routing.messages import AddContexts, BeginDial, RemoveContexts
from relay_actors.session.messages import ChangeContexts, SessionStarted


@pytest.fixture
def exchange(started: Started) -> Exchange:
    return Exchange(started, Waiting)


# Routing


def test_events_go_to_their_call_in_order(exchange: Exchange) -> None:
    exchange.gets(offer("c1"), offer("c2"))
    exchange.gets(
        state("ringing", "c1"), state("answered", "c2"), event("calling.call.play", call_id="c1"), state("ending", "c1")
    )
    assert exchange.calls[0].got == ["created", "ringing", "calling.call.play", "ending"]
    assert exchange.calls[1].got == ["created", "answered"]


def test_an_event_that_overtook_its_offer_is_kept_for_it(exchange: Exchange) -> None:
    exchange.gets(state("ringing", "c1"), state("answered", "c1"))
    exchange.gets(offer("c1"))
    assert exchange.calls[0].got == ["created", "ringing", "answered"]


def test_an_end_that_overtook_its_offer_ends_the_call_and_gives_the_slot_back(exchange: Exchange) -> None:
    exchange.gets(state("ended", "c1", end_reason="abandoned"))
    exchange.gets(offer("c1"))
    exchange.is_empty()
    assert exchange.calls[0].end_reason == "abandoned"
    assert exchange.stats.calls_ended == {"abandoned": 1}


@pytest.mark.slow
def test_early_events_are_bounded(exchange: Exchange) -> None:
    exchange.gets(*(state("ringing", "c1") for _ in range(500)), *(state("ringing", f"x{n}") for n in range(3_000)))
    early = exchange.roster.unrouted.early
    assert len(early.kept) <= 1_000
    exchange.gets(*(event("calling.call.play", call_id="y", control_id=str(n)) for n in range(500)))
    assert len(early.claim("y")) <= 50


def test_an_event_of_a_former_call_is_counted_and_dropped(exchange: Exchange) -> None:
    exchange.gets(offer("c1"), state("ended", "c1"))
    exchange.is_empty()
    exchange.gets(state("answered", "c1"))
    assert exchange.stats.events_unrouted == 1


def test_a_redelivered_event_is_handled_once(exchange: Exchange) -> None:
    exchange.gets(offer("c1"))
    digits = event("calling.call.collect", call_id="c1", result={"type": "digit", "params": {"digits": "1"}})
    exchange.gets(digits, digits, identity="same")
    exchange.tells(SessionStarted(restored=True))
    exchange.gets(digits, identity="other")
    assert exchange.calls[0].got.count("calling.call.collect") == 1
    assert exchange.stats.events_duplicate == 2


def test_events_of_the_gap_are_handled_in_order(exchange: Exchange) -> None:
    exchange.gets(offer("c1"))
    seen = state("ringing", "c1")
    exchange.gets(seen)
    exchange.tells(SessionStarted(restored=True))
    exchange.gets(seen, state("answered", "c1"), state("ending", "c1"))
    assert exchange.calls[0].got == ["created", "ringing", "answered", "ending"]


def listened(exchange: Exchange) -> list[list[tuple[str, str]]]:
    """Listen to the states that reach each call, of whichever leg; return them as they come."""
    heard: list[list[tuple[str, str]]] = []
    for call in exchange.calls:
        of_call: list[tuple[str, str]] = []
        call.on("calling.call.state", lambda each, to=of_call: to.append((each.call_id, each.call_state)))
        heard.append(of_call)
    return heard


def test_the_state_of_a_peer_goes_to_the_call_that_bridged_it(exchange: Exchange) -> None:
    exchange.gets(offer("c1"), offer("c2"))
    heard = listened(exchange)
    exchange.gets(state("answered", "peer", parent={"call_id": "c2", "node_id": "n1"}))
    exchange.gets(state("ended", "peer"))  # later ones need not say whose it is
    assert heard == [[], [("peer", "answered"), ("peer", "ended")]]
    assert [call.got for call in exchange.calls] == [["created"], ["created"]]  # its hooks are for its own states
    assert [call.state for call in exchange.calls] == ["created", "created"]
    assert exchange.admission.slots.taken == 2
    assert not exchange.calls[1].is_ended


def test_a_peer_is_known_by_the_bridge_that_was_told_of_too(exchange: Exchange) -> None:
    exchange.gets(offer("c1"), offer("c2"))
    heard = listened(exchange)
    for call_id, peer in (("c1", "p1"), ("c2", "p2")):
        exchange.gets(event("calling.call.connect", call_id=call_id, connect_state="connected", peer={"call_id": peer}))
    exchange.gets(state("ended", "p1"), state("ending", "p2"), state("ended", "p3"))
    assert heard == [[("p1", "ended")], [("p2", "ending")]]


def test_one_event_that_cannot_be_handled_does_not_stop_the_others(exchange: Exchange, log_lines: list[str]) -> None:
    exchange.gets(offer("c1"), offer("c2"))
    broken = exchange.calls[0]._relay.ref
    facts = SimpleNamespace(left=False, hung_up=False, node_id="n1")
    exchange.actor._calls["c1"] = type("Broken", (), {"actor": None, "facts": facts})()
    exchange.gets(state("answered", "c1"), state("answered", "c2"))
    assert exchange.calls[1].state == "answered"
    assert any("could not handle" in text for text in log_lines)
    broken.kill()


def test_a_flood_for_one_call_does_not_stop_the_others(exchange: Exchange) -> None:
    exchange.gets(offer("c1"), offer("c2"))
    flood = [event("calling.call.play", call_id="c1", control_id="k", state="playing", n=n) for n in range(2_000)]
    exchange.gets(*flood)
    exchange.gets(state("answered", "c2"))
    assert exchange.calls[1].state == "answered"
    until(lambda: len(exchange.calls[0].got) == 1_002)  # the offer, as many as may wait, and the newest of the rest
    assert exchange.stats.events_replaced == 999


# Contexts


def test_the_desired_contexts_are_kept_in_order_without_repetition(exchange: Exchange) -> None:
    answer = exchange.actor.ref.ask(AddContexts(("home", "office", "home")), timeout=LIMIT)
    assert answer == ("office", "home")
    assert exchange.actor.ref.ask(RemoveContexts(("office", "never")), timeout=LIMIT) == ("home",)
    turns()
    assert exchange.supervisor.of(ChangeContexts) == [ChangeContexts(("office", "home")), ChangeContexts(("home",))]


# The session


def test_a_restored_session_ends_nothing(exchange: Exchange) -> None:
    exchange.gets(offer("c1"))
    dial = exchange.dials()
    exchange.tells(SessionStarted(restored=True))
    assert not exchange.calls[0].is_ended
    assert not dial.done()


def test_a_lost_session_ends_every_call_action_dial_and_wait(exchange: Exchange) -> None:
    exchange.gets(offer("c1"), offer("c2"))
    action = exchange.calls[0].play_tts("hello")
    wait = gevent.spawn(exchange.calls[1].wait_for_answered)
    dial = exchange.dials()
    exchange.tells(SessionStarted(restored=False))
    for pending in (lambda: action.wait(LIMIT), lambda: wait.get(timeout=LIMIT), lambda: dial.get(timeout=LIMIT)):
        with pytest.raises(SessionLost):
            pending()
    exchange.is_empty()
    assert exchange.board.methods() == ["calling.play"]


def test_calls_of_a_new_session_are_served_after_a_loss(exchange: Exchange) -> None:
    exchange.gets(offer("c1"))
    exchange.tells(SessionStarted(restored=False))
    exchange.gets(offer("c2"))
    assert not exchange.calls[1].is_ended


# The end


@pytest.mark.parametrize("end", ["stop", "kill", "crash"])
def test_the_death_of_the_actor_ends_calls_and_dials(exchange: Exchange, end: str) -> None:
    exchange.gets(offer("c1"))
    wait = gevent.spawn(exchange.calls[0].wait_for, "calling.call.play")
    dial = exchange.dials()
    late = None
    if end == "stop":
        stop = exchange.actor.ref.stop(block=False)
        late = exchange.actor.ref.request(BeginDial("late", exchange.make, GreenletFuture()))
        assert stop.get(timeout=LIMIT)
    elif end == "kill":
        exchange.actor.ref.kill()
    else:
        exchange.actor.on_receive = lambda _: 1 / 0  # type: ignore[method-assign]
        exchange.actor.ref.tell("crash")
    turns()
    for pending in (wait, dial, late):
        if pending is not None:
            with pytest.raises((ClientStopped, CallEnded)):
                pending.get(timeout=LIMIT)


def test_what_is_asked_of_a_dead_actor_fails_as_a_stopped_client(exchange: Exchange) -> None:
    exchange.actor.ref.stop(block=False)
    answers = [
        exchange.actor.ref.request(message)
        for message in (AddContexts(("x",)), BeginDial("t", exchange.make, GreenletFuture()))
    ]
    turns()
    for answer in answers:
        with pytest.raises(ClientStopped):
            answer.get(timeout=LIMIT)
