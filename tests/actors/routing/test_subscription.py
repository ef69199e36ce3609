"""Who serves a new call, and the cap."""

from __future__ import annotations

from typing import Any

import gevent
import msgspec
import pytest
from doubles.examples import examples
from doubles.exchange import Exchange
from doubles.frames import event, offer, state
from doubles.hub import LIMIT, turns, until
from doubles.started import Started
from doubles.waiting import Waiting
from gevent.event import Event
from hypothesis import given, settings
from hypothesis import strategies as st

from relay_actors.call.call import Call, CallActor
from relay_actors.errors import RelayError
from relay_actors.routing.messages import SetCallHandler
from relay_actors.session.messages import SessionStarted
from relay_actors.wire.events import parse_event
from relay_actors.wire.frames import FrameParams


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
    """Protocol 17.11."""
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
    assert exchange.admission.slots.taken == 0
    assert any("no call handler is registered" in text for text in log_lines)


def test_the_newest_handler_serves(exchange: Exchange) -> None:
    made: list[Any] = []
    exchange.tells(SetCallHandler(lambda setup: made.append(Call(setup)) or made[-1]))
    exchange.gets(offer("c1"))
    assert len(made) == 1
    assert exchange.calls == []
    made[0]._relay.ref.kill()


# The cap


def test_the_cap_cannot_be_passed_and_a_slot_that_is_free_is_used(started: Started) -> None:
    exchange = Exchange(started, Waiting, limit=3)
    exchange.gets(*(offer(f"c{n}") for n in range(5)))
    assert [call.call_id for call in exchange.calls] == ["c0", "c1", "c2"]
    assert exchange.stats.calls_refused == {"drop": 2}
    exchange.gets(state("ended", "c1"), offer("c5"))
    assert [call.call_id for call in exchange.calls] == ["c0", "c1", "c2", "c5"]
    assert exchange.admission.slots.taken == 3


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


class Broken:
    """A hook that can be read from its class, and from no call."""

    def __get__(self, call: Any, _: type) -> Any:
        if call is not None:
            raise ZeroDivisionError
        return print


class Fragile(Waiting):
    on_offer = Broken()


class NotACall:
    def __init__(self, setup: Any) -> None:
        pass


def nothing(_: Exchange) -> None:
    pass


WAYS: list[Any] = [
    (Waiting, ends_by_hangup, "hangup"),
    (Waiting, ends_by_session, "lost"),
    (Waiting, lambda exchange: exchange.calls[0]._relay.ref.kill(), "error"),
    (Gone, nothing, "gone"),
    (Passing, nothing, "passed"),
    (Raising, ends_by_hangup, "hangup"),
    (unmakeable(ZeroDivisionError()), nothing, "error"),
    (unmakeable(gevent.Timeout(1)), nothing, "error"),
    (unmakeable(SystemExit(1)), nothing, "error"),
    (NotACall, nothing, "error"),
    (Fragile, nothing, "error"),
]


@pytest.mark.parametrize(("kind", "end", "reason"), WAYS)
def test_the_slot_is_given_back_once_however_a_call_ends(started: Started, kind: Any, end: Any, reason: str) -> None:
    exchange = Exchange(started, kind, limit=2)
    exchange.board.answers["calling.answer"] = RelayError(404, "Call does not exist")
    exchange.admission.slots.take("somebody else")
    exchange.gets(offer("c1"))
    end(exchange)
    turns()
    until(lambda: not exchange.actor._calls, "the end of the call")
    exchange.gets(state("ended", "c1"), state("ended", "c1", end_reason="busy"))
    assert exchange.admission.slots.taken == 1
    assert exchange.stats.calls_ended == {reason: 1}
    assert exchange.actor.ref.is_alive()
    exchange.kind = Waiting
    exchange.gets(offer("c2"), offer("c3"))
    assert exchange.admission.slots.taken == 2
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
    assert exchange.admission.slots.taken == 0
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


@settings(max_examples=examples(60), deadline=None)
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
                        call._relay.ref.kill()
                turns()
        assert exchange.admission.slots.taken == len(exchange.actor._calls) <= 3
    exchange.tells(SessionStarted(restored=False))
    exchange.is_empty()
    assert sum(exchange.stats.calls_ended.values()) == exchange.stats.calls_admitted == len(exchange.calls)
    assert exchange.stats.calls_offered == exchange.stats.calls_admitted + exchange.stats.calls_refused["drop"]
    started.end()
