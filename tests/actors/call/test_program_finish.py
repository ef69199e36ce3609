"""Whose call it is when its code has returned: what keeps it up, and what is left to others."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import gevent
import pytest
from doubles.diary import scripted
from doubles.frames import event, state
from doubles.hub import LIMIT, turns, until
from doubles.line import Line
from doubles.operations import BEGIN
from doubles.started import Started
from gevent.event import Event

from relay_actors.call.call import Call, CallActor
from relay_actors.call.handler_call import HandlerCall
from relay_actors.call.messages import CallOver, HangUp, OfferExpired, OfferLeft, OfferTaken
from relay_actors.errors import CallEnded, RelayError, RequestTimeout
from relay_actors.timing import Timing

PLAY = "calling.call.play"
SILENCE = [{"type": "silence", "params": {"duration": 1}}]
HUNG_UP = [{"call_id": "c1", "node_id": "n1", "reason": "hangup"}]
PHONE = {"type": "phone", "params": {"from_number": "+15550100002", "to_number": "+15550100001"}}


def by_function(started: Started, handler: Callable[[Any], Any], timing: Timing | None = None, **more: Any) -> Line:
    return Line(started, partial(HandlerCall, handler=handler, **more), timing)  # type: ignore[arg-type]


def by_class(started: Started, handler: Callable[[Any], Any]) -> Line:
    return Line(started, scripted(handler))


def answering(begin: Callable[[Any], Any]) -> Callable[[Any], None]:
    def handler(call: Any) -> None:
        call.answer()
        begin(call)

    return handler


def told(event_type: str, **fields: Any) -> Any:
    return event(event_type, call_id="c1", **fields)


KEEPERS: list[Any] = [
    (lambda call: call.queue_enter("support"), told("calling.call.queue", status="leave"), "a queue"),
    (lambda call: call.join_conference("standup"), told("calling.conference", status="participant-leave"), "a conf"),
    (lambda call: call.join_room("room"), told("calling.call.room", join_status="leave"), "a room"),
    (lambda call: call.amazon_bedrock(prompt={"text": "be kind"}), told("calling.ai.stop"), "an AI agent"),
    (lambda call: call.ai(prompt={"text": "be kind"}), told("calling.ai.stop"), "calling.ai"),
    (lambda call: call.echo(), told("calling.call.echo", state="finished"), "an echo"),
    (lambda call: call.send_digits("1"), told("calling.call.send_digits", state="finished"), "digits that are sent"),
    (lambda call: call.connect([[PHONE]]), told("calling.call.connect", connect_state="disconnected"), "a bridge"),
    (lambda call: call.play(SILENCE, control_id="k"), told(PLAY, control_id="k", state="finished"), "calling.play"),
    (
        lambda call: call.collect(digits={"max": 1}, control_id="k"),
        told("calling.call.collect", control_id="k", state="no_input"),
        "calling.collect",
    ),
]


@pytest.mark.parametrize("served", [by_function, by_class])
@pytest.mark.parametrize(("begin", "end", "what"), KEEPERS, ids=[each[2] for each in KEEPERS])
def test_what_goes_on_without_code_is_left_to_its_end_and_then_the_call_is_hung_up(
    started: Started, served: Any, begin: Any, end: Any, what: str, log_lines: list[str]
) -> None:
    line = served(started, answering(begin))
    line.gets(state("answered"))
    assert line.board.params("calling.end") == []
    (said,) = [text for text in log_lines if "is left up for" in text]
    assert said.startswith(f"INFO call c1 is left up for {what}")
    line.gets(end)
    assert line.board.params("calling.end") == HUNG_UP
    line.ends()
    line.closes()


@pytest.mark.parametrize("served", [by_function, by_class])
@pytest.mark.parametrize(("begin", "_end", "_what"), KEEPERS, ids=[each[2] for each in KEEPERS])
def test_the_end_of_the_call_is_the_end_of_it(started: Started, served: Any, begin: Any, _end: Any, _what: Any) -> None:
    line = served(started, answering(begin))
    line.gets(state("answered"))
    line.ends()
    line.closes()
    assert line.board.params("calling.end") == []


def test_a_command_that_fails_engages_nobody(started: Started) -> None:
    def begin(call: Any) -> None:
        call.answer()
        call.wait_for_answered(LIMIT)
        with pytest.raises(RelayError):
            call.queue_enter("support")

    line = by_function(started, begin)
    line.board.answers["calling.queue.enter"] = RelayError(500, "no queues today")
    line.gets(state("answered"))
    assert line.board.params("calling.end") == HUNG_UP


def test_digit_bindings_keep_a_call_until_they_are_cleared(started: Started) -> None:
    calls: list[Call] = []

    def begin(call: Call) -> None:
        call.answer()
        call.bind_digit("*1", "calling.end")
        calls.append(call)

    line = by_function(started, begin)
    line.gets(state("answered"))
    assert line.board.params("calling.end") == []
    calls[0].clear_digit_bindings(realm="all")
    line.gets(told("calling.call.denoise", denoised=True))
    assert line.board.params("calling.end") == HUNG_UP


@pytest.mark.parametrize(("served", "hung_up"), [(by_function, []), (by_class, HUNG_UP)])
def test_what_only_listens_keeps_a_call_that_a_function_served(started: Started, served: Any, hung_up: Any) -> None:
    """A class that records all along is hung up when it returns; a function may have left a message to be recorded."""
    line = served(started, lambda call: call.record({"beep": True}, control_id="r") and None)
    line.gets(state("answered"))
    assert line.board.params("calling.end") == hung_up
    line.gets(told("calling.call.record", control_id="r", state="finished"))
    assert line.board.params("calling.end") == HUNG_UP


LISTENING = {"record", "detect", "tap", "stream", "transcribe"}


@pytest.mark.parametrize("kind", BEGIN)
def test_what_is_under_way_keeps_a_call_of_a_class_unless_it_only_listens(started: Started, kind: str) -> None:
    line = by_class(started, lambda call: BEGIN[kind](call) and None)
    line.gets(state("answered"))
    assert line.board.params("calling.end") == (HUNG_UP if kind in LISTENING else [])


def test_a_callback_that_goes_on_with_the_call_is_not_cut_off(started: Started) -> None:
    def begin(call: Any) -> None:
        call.play(SILENCE, control_id="k1", on_completed=lambda _: call.play(SILENCE, control_id="k2"))

    line = by_function(started, begin)
    line.gets(state("answered"), told(PLAY, control_id="k1", state="finished"))
    assert line.board.methods() == ["calling.play", "calling.play"]
    line.gets(told(PLAY, control_id="k2", state="finished"))
    assert line.board.params("calling.end") == HUNG_UP


# Listeners


@pytest.mark.parametrize("served", [by_function, by_class])
def test_a_callback_that_hangs_up_is_the_end_of_it(started: Started, served: Any) -> None:
    def begin(call: Any) -> None:
        call.play(SILENCE, control_id="k", on_completed=lambda _: call.hangup("busy"))

    line = served(started, answering(begin))
    line.gets(state("answered"))
    line.gets(told(PLAY, control_id="k", state="finished"))
    turns()
    assert [params["reason"] for params in line.board.params("calling.end")] == ["busy"]
    line.ends()
    line.closes()


def test_a_function_that_answered_and_listens_keeps_the_call(started: Started, log_lines: list[str]) -> None:
    heard: list[str] = []

    def begin(call: Any) -> None:
        call.on("calling.call.state", lambda event: heard.append(event.call_state))
        call.answer()
        call.wait_for_answered(LIMIT)

    line = by_function(started, begin)
    line.gets(state("answered"))
    assert [text for text in log_lines if "INFO call c1 is left to its listeners" in text]
    line.gets(state("ending"))
    line.ends()
    line.closes()
    assert heard == ["answered", "ending", "ended"]
    assert line.board.params("calling.end") == []


def test_a_class_whose_run_returns_is_hung_up_whoever_listens(started: Started) -> None:
    line = by_class(started, lambda call: call.on("*", lambda _: None))
    assert line.board.params("calling.end") == HUNG_UP


@pytest.mark.parametrize("when_done", ["hangup", "leave"])
def test_a_function_may_say_what_happens(started: Started, when_done: str) -> None:
    line = by_function(started, lambda call: call.answer() and None, when_done=when_done)
    line.gets(state("answered"))
    assert line.board.params("calling.end") == (HUNG_UP if when_done == "hangup" else [])
    line.ends()
    line.closes()


# Offers that nobody touches

KEEN = Timing(request_timeout=LIMIT, call_linger=LIMIT, dial_timeout=0.01)


def test_an_offer_that_a_function_did_not_touch_is_left_alone(started: Started) -> None:
    line = by_function(started, lambda call: call.on("*", lambda _: None))
    assert [message.call_id for message in line.subscription.of(OfferLeft)] == ["c1"]
    assert line.core.facts.left
    assert line.board.sent == []
    line.gets(state("answered"))
    line.ends()
    line.closes()
    assert line.board.sent == []


def test_it_is_listened_to_for_as_long_as_a_dial_may_ring_and_then_forgotten(started: Started) -> None:
    line = by_function(started, lambda call: None, KEEN)
    line.closes()
    assert [message.reason for message in line.subscription.of(CallOver)] == ["left"]
    assert line.board.sent == []
    with pytest.raises(CallEnded, match="left to others"):
        line.call.answer()


def test_who_touches_it_later_has_it(started: Started) -> None:
    line = by_function(started, lambda call: None)
    line.call.answer()
    assert not line.core.facts.left
    until(lambda: line.subscription.of(OfferTaken))
    line.gets(OfferExpired())  # type: ignore[arg-type]
    assert not line.call.is_ended
    line.ends()
    line.closes()


def test_an_actor_that_dies_ends_no_offer_that_was_left(started: Started) -> None:
    line = by_function(started, lambda call: None)
    line.core.ref.stop()
    turns()
    assert line.closed
    assert line.subscription.of(HangUp) == []  # which the router would send
    assert line.board.sent == []


def test_a_function_that_raises_before_it_touches_the_offer_follows_the_policy(started: Started) -> None:
    line = by_function(started, lambda call: 1 / 0)
    assert line.board.params("calling.end") == [{**HUNG_UP[0], "reason": "error"}]


def test_a_class_whose_run_returns_before_it_answers_ends_the_call(started: Started) -> None:
    line = by_class(started, lambda call: None)
    assert line.board.params("calling.end") == HUNG_UP


def test_a_function_that_waits_for_the_end_of_an_offer_that_is_abandoned_is_the_end(started: Started) -> None:
    line = by_function(started, lambda call: call.wait_for_ended() and None)
    line.ends("abandoned")
    line.closes()
    assert line.subscription.of(OfferLeft) == []


# Bridges and transfers that fail, and what is begun then


def test_what_a_hook_begins_when_a_transfer_fails_keeps_the_call(started: Started) -> None:
    class Refers(CallActor):
        def run(self) -> None:
            self.refer({"type": "sip", "params": {"to": "sip:bob@example.com"}})

        def on_refer(self, told: Any) -> None:
            if told.state == "busy":
                self.play(SILENCE, control_id="k")

    line = Line(started, Refers)
    line.gets(told("calling.call.refer", state="inProgress"), told("calling.call.refer", state="busy"))
    assert line.board.methods() == ["calling.refer", "calling.play"]
    line.gets(told(PLAY, control_id="k", state="finished"))
    assert line.board.params("calling.end") == HUNG_UP


def test_bindings_that_are_cleared_elsewhere_let_the_call_end_at_once(started: Started) -> None:
    line = by_function(started, lambda call: call.bind_digit("*1", "calling.end") and None)
    assert line.board.params("calling.end") == []
    line.call.clear_digit_bindings(realm="all")
    turns()
    assert line.board.params("calling.end") == HUNG_UP


def test_a_queue_whose_reply_was_lost_keeps_the_call_that_is_in_it(started: Started) -> None:
    may_go_on = Event()

    def begin(call: Any) -> None:
        may_go_on.wait(LIMIT)
        with pytest.raises(RequestTimeout):
            call.queue_enter("support")

    line = by_function(started, begin, Timing(request_timeout=0.01, call_linger=LIMIT))
    line.board.withheld = {"calling.queue.enter"}
    may_go_on.set()
    until(lambda: line.core.facts.engaged)
    line.gets(told("calling.call.queue", status="enqueue"))
    gevent.sleep(0.03)
    assert line.board.params("calling.end") == []
    line.gets(told("calling.call.queue", status="leave"))
    until(lambda: line.board.params("calling.end"))
