"""Routing, admission and the end of calls."""

from __future__ import annotations

from typing import Any

import gevent
import msgspec
import pytest
from doubles.exchange import Exchange
from doubles.frames import event, offer, state
from doubles.hub import LIMIT, active_watchers, turns, until
from doubles.started import Started
from gevent.event import Event
from hypothesis import given, settings
from hypothesis import strategies as st

from relay_actors.call import Call, CallActor
from relay_actors.errors import CallEnded, ClientStopped, RelayError, SessionLost
from relay_actors.future import GreenletFuture
from relay_actors.messages import (
    AddContexts,
    BeginDial,
    ChangeContexts,
    EndCalls,
    RemoveContexts,
    SessionStarted,
    SetCallHandler,
)
from relay_actors.wire.events import parse_event
from relay_actors.wire.frames import FrameParams


class Waiting(CallActor):
    """Serves until the call ends; ``got`` are its events."""

    def __init__(self, setup: Any) -> None:
        super().__init__(setup)
        self.got: list[str] = []

    def on_event(self, each: Any) -> None:
        self.got.append(getattr(each, "call_state", "") or each.event_type)

    def run(self) -> None:
        self.wait_for_ended()


@pytest.fixture
def exchange(started: Started) -> Exchange:
    return Exchange(started, Waiting)


# Offers


def test_an_offer_makes_a_call(exchange: Exchange) -> None:
    exchange.gets(offer("c1", context="sales"))
    (call,) = exchange.calls
    assert (call.call_id, call.node_id, call.context, call.direction, call.state) == (
        "c1",
        "n1",
        "sales",
        "inbound",
        "created",
    )
    assert call.got == ["created"]
    assert exchange.stats.calls_offered == exchange.stats.calls_admitted == 1


@pytest.mark.parametrize(("given_state", "taken"), [("ringing", "ringing"), ("created", "created"), ("odd", "created")])
def test_an_offer_may_be_ringing_already(exchange: Exchange, given_state: str, taken: str) -> None:
    exchange.gets(offer("c1", call_state=given_state))
    assert exchange.calls[0].state == taken


def test_the_context_may_stand_in_the_envelope(exchange: Exchange) -> None:
    body = b'{"call_id":"c1","node_id":"n1"}'
    exchange.gets(
        parse_event(FrameParams(event_type="calling.call.receive", context="sales", params=msgspec.Raw(body)))
    )
    assert exchange.calls[0].context == "sales"


def test_an_offer_that_comes_twice_starts_one_call(exchange: Exchange) -> None:
    """Defect 11 of section 17."""
    exchange.gets(offer("c1"))
    exchange.gets(offer("c1"), offer("c1"))
    exchange.gets(state("ended", "c1"))
    exchange.is_empty()
    exchange.gets(offer("c1"))
    assert len(exchange.calls) == 1
    assert exchange.stats.calls_offered == 1
    assert exchange.stats.events_duplicate == 3


def test_an_offer_of_the_gap_is_not_served_again_after_a_resume(exchange: Exchange) -> None:
    again = offer("c1")
    exchange.gets(again)
    exchange.tells(SessionStarted(restored=True))
    exchange.gets(again)
    assert len(exchange.calls) == 1
    assert not exchange.calls[0].is_ended


@pytest.mark.parametrize("body", [{}, {"call_id": ""}, {"call_id": None}, {"call_id": 5}])
def test_an_offer_without_a_call_id_is_no_offer(exchange: Exchange, body: dict[str, Any]) -> None:
    exchange.gets(event("calling.call.receive", node_id="n1", **body))
    assert exchange.calls == []
    exchange.gets(offer("c2"))
    assert len(exchange.calls) == 1


def test_without_a_handler_an_offer_is_left_to_others(started: Started, log_lines: list[str]) -> None:
    exchange = Exchange(started, None)
    exchange.gets(offer("c1"))
    assert exchange.board.sent == []
    assert exchange.stats.calls_refused == {"unserved": 1}
    assert exchange.admission.active == 0
    assert any("no call handler is registered" in text for text in log_lines)


def test_the_newest_handler_serves(exchange: Exchange) -> None:
    made: list[Any] = []
    exchange.tells(SetCallHandler(lambda setup: made.append(Call(setup)) or made[-1]))
    exchange.gets(offer("c1"))
    assert len(made) == 1
    assert exchange.calls == []
    made[0].ref.kill()


# The cap


def test_the_cap_cannot_be_passed_and_a_slot_that_is_free_is_used(started: Started) -> None:
    exchange = Exchange(started, Waiting, limit=3)
    exchange.gets(*(offer(f"c{n}") for n in range(5)))
    assert [call.call_id for call in exchange.calls] == ["c0", "c1", "c2"]
    assert exchange.stats.calls_refused == {"drop": 2}
    exchange.gets(state("ended", "c1"), offer("c5"))
    assert [call.call_id for call in exchange.calls] == ["c0", "c1", "c2", "c5"]
    assert exchange.admission.active == 3


@pytest.mark.parametrize(
    ("policy", "sent"),
    [
        ("drop", []),
        ("pass", [("calling.pass", {"node_id": "n1", "call_id": "c2"})]),
        ("busy", [("calling.end", {"node_id": "n1", "call_id": "c2", "reason": "busy"})]),
    ],
)
def test_an_offer_beyond_the_cap_is_handled_by_the_policy_and_counted(
    started: Started, policy: str, sent: list[Any], log_lines: list[str]
) -> None:
    exchange = Exchange(started, Waiting, limit=1, policy=policy)
    exchange.gets(offer("c1"), offer("c2"))
    assert exchange.board.sent == sent
    assert exchange.stats.calls_refused == {policy: 1}
    assert any("call c2 is beyond max_active_calls=1" in text for text in log_lines)
    exchange.gets(state("ended", "c1"), offer("c2"))
    assert len(exchange.calls) == 1  # it was decided


def ends_by_hangup(exchange: Exchange) -> None:
    exchange.gets(state("ended", "c1", end_reason="hangup"))


def ends_by_session(exchange: Exchange) -> None:
    exchange.tells(SessionStarted(restored=False))


class Gone(CallActor):
    def run(self) -> None:
        self.answer()


class Passing(CallActor):
    def run(self) -> None:
        self.pass_()


class Raising(CallActor):
    def run(self) -> None:
        raise ZeroDivisionError


class Unmakeable(CallActor):
    error: BaseException = ZeroDivisionError()

    def __init__(self, setup: Any) -> None:
        super().__init__(setup)
        raise self.error


def unmakeable(error: BaseException) -> type[Unmakeable]:
    return type("Unmakeable", (Unmakeable,), {"error": error})


class NotACall:
    def __init__(self, setup: Any) -> None:
        pass


def nothing(_: Exchange) -> None:
    pass


WAYS: list[Any] = [
    (Waiting, ends_by_hangup, "hangup"),
    (Waiting, ends_by_session, "lost"),
    (Waiting, lambda exchange: exchange.calls[0].ref.kill(), "error"),
    (Gone, nothing, "gone"),
    (Passing, nothing, "passed"),
    (Raising, ends_by_hangup, "hangup"),
    (unmakeable(ZeroDivisionError()), nothing, "error"),
    (unmakeable(gevent.Timeout(1)), nothing, "error"),
    (unmakeable(SystemExit(1)), nothing, "error"),
    (NotACall, nothing, "error"),
    (type("Fragile", (Waiting,), {"on_begin": lambda self: 1 / 0}), nothing, "error"),
]


@pytest.mark.parametrize(("kind", "end", "reason"), WAYS)
def test_the_slot_is_given_back_once_however_a_call_ends(started: Started, kind: Any, end: Any, reason: str) -> None:
    exchange = Exchange(started, kind, limit=2)
    exchange.board.answers["calling.answer"] = RelayError(404, "Call does not exist")
    exchange.admission.admit("somebody else")
    exchange.gets(offer("c1"))
    end(exchange)
    turns()
    until(lambda: not exchange.actor._calls, "the end of the call")
    exchange.gets(state("ended", "c1"), state("ended", "c1", end_reason="busy"))
    assert exchange.admission.active == 1
    assert exchange.stats.calls_ended == {reason: 1}
    assert exchange.actor.ref.is_alive()
    exchange.kind = Waiting
    exchange.gets(offer("c2"), offer("c3"))
    assert exchange.admission.active == 2
    assert exchange.stats.calls_refused == {"drop": 1}


@pytest.mark.parametrize("kind", [Gone, Passing])
def test_the_slot_does_not_wait_for_code_that_outlives_its_call(started: Started, kind: type[CallActor]) -> None:
    gate = Event()

    class Slow(kind):  # type: ignore[valid-type,misc]
        def run(self) -> None:
            try:
                super().run()
            finally:
                gate.wait(LIMIT)

    exchange = Exchange(started, Slow, limit=1)
    exchange.board.answers["calling.answer"] = RelayError(404, "Call does not exist")
    exchange.gets(offer("c1"))
    assert exchange.admission.active == 0
    gate.set()
    exchange.is_empty()


@pytest.mark.parametrize("error", [ZeroDivisionError("x"), gevent.Timeout(1), SystemExit(1), gevent.GreenletExit()])
def test_a_class_that_cannot_be_made_ends_its_call_alone(started: Started, error: BaseException) -> None:
    """Law 4: whatever a user's constructor raises, the others go on."""
    exchange = Exchange(started, Waiting)
    exchange.gets(offer("c1"))
    exchange.kind = unmakeable(error)
    exchange.gets(offer("c2"))
    exchange.kind = Waiting
    exchange.gets(offer("c3"), state("answered", "c1"))
    assert exchange.ended() == ["c2"]
    assert exchange.board.params("calling.end")[0]["reason"] == "error"
    assert [call.call_id for call in exchange.calls] == ["c1", "c3"]
    assert exchange.calls[0].state == "answered"


def test_ctrl_c_in_a_constructor_reaches_the_main_greenlet(started: Started) -> None:
    exchange = Exchange(started, unmakeable(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        exchange.gets(offer("c1"))
    turns()
    exchange.kind = Waiting
    exchange.gets(offer("c2"))
    assert len(exchange.calls) == 1


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["offer", "ended", "again", "lost", "kill"]), st.integers(0, 6)), max_size=25)
)
def test_no_sequence_of_offers_and_ends_passes_the_cap_or_keeps_a_slot(steps: list[tuple[str, int]]) -> None:
    started = Started()
    exchange = Exchange(started, Waiting, limit=3)
    number = 0
    for step, pick in steps:
        call_id = f"c{pick}-{number}"
        if step == "offer":
            number += 1
            exchange.gets(offer(f"c{number}"))
        elif step == "lost":
            exchange.tells(SessionStarted(restored=False))
        elif number:
            call_id = f"c{pick % number + 1}"
            if step == "ended":
                exchange.gets(state("ended", call_id))
            elif step == "again":
                exchange.gets(offer(call_id))
            else:
                for call in exchange.calls:
                    if call.call_id == call_id:
                        call.ref.kill()
                turns()
        assert exchange.admission.active == len(exchange.actor._calls) <= 3
    exchange.tells(SessionStarted(restored=False))
    exchange.is_empty()
    assert sum(exchange.stats.calls_ended.values()) == exchange.stats.calls_admitted == len(exchange.calls)
    assert exchange.stats.calls_offered == exchange.stats.calls_admitted + exchange.stats.calls_refused["drop"]
    started.end()


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


def test_early_events_are_bounded(exchange: Exchange) -> None:
    exchange.gets(*(state("ringing", "c1") for _ in range(500)), *(state("ringing", f"x{n}") for n in range(3_000)))
    strays = exchange.actor._strays
    assert len(strays._early) <= 1_000
    exchange.gets(*(event("calling.call.play", call_id="y", control_id=str(n)) for n in range(500)))
    assert len(strays.claim("y")) <= 50


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


def test_the_state_of_a_peer_goes_to_the_call_that_bridged_it(exchange: Exchange) -> None:
    exchange.gets(offer("c1"))
    exchange.gets(state("answered", "peer", parent={"call_id": "c1", "node_id": "n1"}))
    exchange.gets(state("ended", "peer"))
    assert exchange.calls[0].state == "created"
    assert exchange.admission.active == 1
    assert not exchange.calls[0].is_ended


def test_one_event_that_cannot_be_handled_does_not_stop_the_others(exchange: Exchange, log_lines: list[str]) -> None:
    exchange.gets(offer("c1"), offer("c2"))
    broken = exchange.calls[0].ref
    exchange.actor._calls["c1"] = type("Broken", (), {"actor": None, "node_id": "n1"})()
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
    until(lambda: len(exchange.calls[0].got) == 2_001)


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
