"""Dials: from the tag to the call that answered, and the end of every leg that nobody wants (protocol 5)."""

from __future__ import annotations

from typing import Any

import gevent
import pytest
from doubles.exchange import Exchange
from doubles.frames import dial_event, event, leg_event, offer, state
from doubles.hub import LIMIT, active_watchers, turns, until
from doubles.started import Started

from relay_actors.call.call import Call, CallActor
from relay_actors.errors import CallEnded, ClientStopped, DialFailed, RelayError, SessionLost
from relay_actors.kit.future import GreenletFuture
from relay_actors.routing.messages import AbandonDial, BeginDial, EndCalls
from relay_actors.routing.subscription import SubscriptionActor
from relay_actors.session.messages import SessionStarted
from relay_actors.timing import Timing
from relay_actors.wire.events import RelayEvent


@pytest.fixture
def exchange(started: Started) -> Exchange:
    return Exchange(started, Call)


def outcome(dial: GreenletFuture[Any]) -> Any:
    turns()
    assert dial.done()
    return dial.get(timeout=0)


# Answered


def test_the_first_leg_that_answers_is_the_call(exchange: Exchange) -> None:
    dial = exchange.dials("T")
    exchange.gets(leg_event("created", "a", "T"), leg_event("ringing", "a", "T"))
    exchange.gets(dial_event("dialing", "T"))
    assert not dial.done()
    exchange.gets(leg_event("answered", "a", "T"), dial_event("answered", "T", winner="a"))
    call = outcome(dial)
    assert (call.call_id, call.node_id, call.tag, call.state, call.direction) == (
        "a",
        "n1",
        "T",
        "answered",
        "outbound",
    )
    assert exchange.stats.dials == {"answered": 1}
    assert exchange.board.sent == []


def test_the_outcome_may_come_without_any_state(exchange: Exchange) -> None:
    """Protocol 17.10: the call is answered, not ringing."""
    dial = exchange.dials("T")
    exchange.gets(dial_event("answered", "T", winner="a"))
    call = outcome(dial)
    assert call.state == "answered"
    assert call.wait_for_answered(timeout=0).call_state == "answered"


def test_the_outcome_may_come_before_the_state(exchange: Exchange) -> None:
    dial = exchange.dials("T")
    exchange.gets(leg_event("ringing", "a", "T"))
    exchange.gets(dial_event("answered", "T", winner="a"), leg_event("answered", "a", "T"), state("ending", "a"))
    assert outcome(dial).state == "ending"


def test_what_the_winner_told_before_is_part_of_its_story(exchange: Exchange) -> None:
    class Diary(CallActor):
        def __init__(self, setup: Any) -> None:
            super().__init__(setup)
            self.pages: list[str] = []

        def on_event(self, each: Any) -> None:
            self.pages.append(getattr(each, "call_state", each.event_type))

    exchange.kind = Diary
    dial = exchange.dials("T")
    exchange.gets(
        leg_event("created", "a", "T"),
        leg_event("ringing", "a", "T"),
        event("calling.call.play", call_id="a"),
        dial_event("answered", "T", winner="a"),
        state("ending", "a"),
    )
    assert outcome(dial).pages == ["ringing", "calling.call.play", "answered", "ending"]


@pytest.mark.parametrize("sign", ["true", True])
def test_the_sign_of_the_winner_may_have_either_type(exchange: Exchange, sign: Any) -> None:
    dial = exchange.dials("T")
    call = {"call_id": "a", "node_id": "n7", "dial_winner": sign, "device": {"type": "phone", "params": {}}}
    exchange.gets(event("calling.call.dial", tag="T", dial_state="answered", call=call))
    assert outcome(dial).node_id == "n7"


def test_a_winner_that_hung_up_at_once_is_a_call_that_has_ended(exchange: Exchange) -> None:
    dial = exchange.dials("T")
    exchange.gets(
        leg_event("answered", "a", "T"), leg_event("ended", "a", "T"), dial_event("answered", "T", winner="a")
    )
    assert outcome(dial).is_ended
    exchange.is_empty()


@pytest.mark.parametrize("call", [{}, None, [], {"call_id": ""}, {"call_id": 5}])
def test_an_answer_without_a_winner_changes_nothing(exchange: Exchange, call: Any, log_lines: list[str]) -> None:
    dial = exchange.dials("T")
    exchange.gets(event("calling.call.dial", tag="T", dial_state="answered", call=call))
    assert not dial.done()
    assert any("without the call that won" in text for text in log_lines)
    exchange.gets(dial_event("answered", "T", winner="a"))
    assert outcome(dial).call_id == "a"


def test_an_answer_that_names_a_call_that_is_live_already_fails_and_leaves_it_alone(exchange: Exchange) -> None:
    exchange.gets(offer("a"))
    dial = exchange.dials("T")
    exchange.gets(dial_event("answered", "T", winner="a"))
    with pytest.raises(DialFailed):
        outcome(dial)
    exchange.gets(state("answered", "a"))
    assert exchange.calls[0].state == "answered"
    assert exchange.board.sent == []


@pytest.mark.parametrize(
    "error", [ZeroDivisionError(), gevent.Timeout(1), SystemExit(1)], ids=lambda e: type(e).__name__
)
def test_an_actor_that_cannot_be_made_fails_the_dial_and_ends_the_call(
    exchange: Exchange, error: BaseException
) -> None:
    def broken(_: Any) -> Call:
        raise error

    dial = exchange.dials("T", broken)
    exchange.gets(dial_event("answered", "T", winner="a"))
    with pytest.raises(DialFailed, match="no actor could be made"):
        outcome(dial)
    assert exchange.ended() == ["a"]
    assert exchange.actor.ref.is_alive()


def test_a_dialled_call_serves_itself(exchange: Exchange) -> None:
    class Speaks(CallActor):
        def run(self) -> None:
            self.denoise()

    exchange.kind = Speaks
    dial = exchange.dials("T")
    exchange.gets(dial_event("answered", "T", winner="a"))
    call = outcome(dial)
    turns()
    assert exchange.board.methods() == ["calling.denoise", "calling.end"]
    exchange.gets(state("ended", "a"))
    with pytest.raises((CallEnded, RelayError)):
        call.answer()
    exchange.is_empty()


# Failed


def test_a_failed_dial_says_why(exchange: Exchange) -> None:
    """Protocol 17.10: reason and source are kept."""
    dial = exchange.dials("T")
    exchange.gets(leg_event("ringing", "a", "T"), dial_event("failed", "T", reason="noAnswer", source="inbound"))
    with pytest.raises(DialFailed, match="nobody answered: noAnswer") as failed:
        outcome(dial)
    assert (failed.value.reason, failed.value.source) == ("noAnswer", "inbound")
    assert exchange.stats.dials == {"failed": 1}


def test_a_state_that_no_dial_has_is_ignored(exchange: Exchange) -> None:
    dial = exchange.dials("T")
    exchange.gets(dial_event("trying", "T"), dial_event("", "T"), dial_event("answered", "other", winner="x"))
    assert not dial.done()
    assert exchange.board.sent == []


def test_a_flood_of_dial_events_that_mean_nothing_is_told_of_by_one_line_each(
    exchange: Exchange, log_lines: list[str]
) -> None:
    exchange.dials("T")
    exchange.gets(*(dial_event(f"trying-{n}", "T") for n in range(1_000)))
    exchange.gets(*(event("calling.call.dial", tag="T", dial_state="answered", call={}) for _ in range(1_000)))
    assert [line.rstrip().split(";")[0].removesuffix(" {}") for line in log_lines if "ignored" in line] == [
        "WARNING ignored the dial state 'trying-0'",
        "WARNING ignored an answered dial without the call that won",
    ]


# Several legs


def test_serial_groups_ring_one_after_another(exchange: Exchange) -> None:
    dial = exchange.dials("T")
    exchange.gets(leg_event("ringing", "a", "T"), leg_event("ended", "a", "T", end_reason="noAnswer"))
    assert not dial.done()
    exchange.gets(
        leg_event("ringing", "b", "T"), leg_event("answered", "b", "T"), dial_event("answered", "T", winner="b")
    )
    assert outcome(dial).call_id == "b"


@pytest.mark.parametrize("losers_first", [True, False])
def test_losers_that_the_server_ends_are_left_to_it(exchange: Exchange, losers_first: bool) -> None:
    dial = exchange.dials("T")
    exchange.gets(*(leg_event("ringing", leg, "T") for leg in "abc"))
    losers = [leg_event("ended", leg, "T", end_reason="cancel") for leg in "bc"]
    answer = dial_event("answered", "T", winner="a")
    exchange.gets(*([*losers, answer] if losers_first else [answer, *losers]))
    assert outcome(dial).call_id == "a"
    assert len(exchange.calls) == 1
    assert exchange.board.sent == []


def test_a_loser_who_picked_up_all_the_same_is_hung_up(exchange: Exchange) -> None:
    exchange.dials("T")
    exchange.gets(leg_event("answered", "a", "T"), leg_event("answered", "b", "T"), leg_event("ringing", "c", "T"))
    exchange.gets(dial_event("answered", "T", winner="a"))
    assert exchange.ended() == ["b"]
    exchange.gets(leg_event("answered", "c", "T"))
    assert exchange.ended() == ["b", "c"]


def test_what_else_is_told_of_a_loser_is_no_reason_to_hang_up(exchange: Exchange) -> None:
    exchange.dials("T")
    exchange.gets(leg_event("ringing", "a", "T"), leg_event("ringing", "b", "T"))
    exchange.gets(dial_event("answered", "T", winner="a"))
    exchange.gets(event("calling.call.play", call_id="b", control_id="k", state="playing"))
    exchange.gets(leg_event("ended", "b", "T"))
    assert exchange.ended() == []
    assert exchange.actor._dialling.open == 0


def test_losers_that_nobody_ends_are_ended_after_a_while_and_forgotten(started: Started) -> None:
    before = active_watchers()
    exchange = Exchange(started, Call, timing=Timing(call_linger=0.01))
    exchange.dials("T")
    exchange.gets(
        leg_event("ringing", "a", "T"), leg_event("ringing", "b", "T"), dial_event("answered", "T", winner="a")
    )
    until(lambda: exchange.ended() == ["b"])
    turns()
    assert exchange.actor._dialling._dials == {}
    assert exchange.actor._dialling._legs == {}
    exchange.gets(state("ended", "a"))
    exchange.is_empty()
    assert active_watchers() == before


def test_a_loser_that_answers_after_its_dial_is_forgotten_is_hung_up(started: Started) -> None:
    exchange = Exchange(started, Call, timing=Timing(call_linger=0.001))
    exchange.dials("T")
    exchange.gets(dial_event("answered", "T", winner="a"))
    until(lambda: not exchange.actor._dialling._dials)
    exchange.gets(leg_event("answered", "late", "T"))
    assert exchange.ended() == ["late"]
    assert not exchange.calls[0].is_ended


def test_a_leg_of_a_bridge_with_the_tag_of_a_former_dial_is_not_hung_up(started: Started) -> None:
    exchange = Exchange(started, Call, timing=Timing(call_linger=0.001))
    exchange.dials("T")
    exchange.gets(dial_event("answered", "T", winner="a"))
    until(lambda: not exchange.actor._dialling._dials)
    exchange.gets(leg_event("answered", "peer", "T", parent={"call_id": "a", "node_id": "n1"}))
    assert exchange.ended() == []


def test_repeated_outcomes_change_nothing(exchange: Exchange) -> None:
    dial = exchange.dials("T")
    exchange.gets(dial_event("answered", "T", winner="a"))
    exchange.gets(
        dial_event("answered", "T", winner="a"),
        dial_event("answered", "T", winner="b"),
        dial_event("failed", "T", reason="busy"),
    )
    assert outcome(dial).call_id == "a"
    assert len(exchange.calls) == 1
    assert not exchange.calls[0].is_ended
    assert exchange.stats.dials == {"answered": 1}
    assert exchange.board.sent == []


# Tags


def test_a_tag_that_is_in_use_is_refused_and_the_first_dial_goes_on(exchange: Exchange) -> None:
    first = exchange.dials("T")
    exchange.gets(leg_event("ringing", "a", "T"))
    second: GreenletFuture[Any] = GreenletFuture()
    with pytest.raises(DialFailed, match="a dial with the tag 'T' is under way already"):
        exchange.actor.ref.ask(BeginDial("T", exchange.make, second), timeout=LIMIT)
    exchange.tells(AbandonDial("T", second))
    assert exchange.board.sent == []
    exchange.gets(dial_event("answered", "T", winner="a"))
    assert outcome(first).call_id == "a"


@pytest.mark.parametrize("end", ["answered", "failed", "abandoned"])
def test_a_tag_can_be_used_again(exchange: Exchange, end: str) -> None:
    first = exchange.dials("T")
    if end == "abandoned":
        exchange.tells(AbandonDial("T", first))
    else:
        exchange.gets(dial_event(end, "T", winner="a" if end == "answered" else None))
    second = exchange.dials("T")
    exchange.gets(leg_event("ringing", "b", "T"), dial_event("answered", "T", winner="b"))
    assert outcome(second).call_id == "b"
    assert exchange.ended() == []


# Given up


def test_a_dial_that_is_given_up_ends_every_leg(exchange: Exchange) -> None:
    dial = exchange.dials("T")
    exchange.gets(leg_event("ringing", "a", "T"), leg_event("created", "b", "T"), leg_event("ended", "c", "T"))
    exchange.tells(AbandonDial("T", dial))
    assert exchange.ended() == ["a", "b"]
    assert exchange.board.params("calling.end")[0] == {"call_id": "a", "node_id": "n1", "reason": "cancel"}
    assert exchange.stats.dials == {"abandoned": 1}
    assert exchange.actor._dialling._dials == {}


def test_a_leg_that_shows_up_later_is_ended_too(exchange: Exchange) -> None:
    exchange.tells(AbandonDial("T", exchange.dials("T")))
    exchange.gets(leg_event("created", "late", "T"), leg_event("ringing", "late", "T"), leg_event("ended", "late", "T"))
    assert exchange.ended() == ["late"]
    exchange.gets(leg_event("ended", "dead", "T"))
    assert exchange.ended() == ["late"]


def test_a_leg_that_answers_although_it_was_ended_is_ended_again(exchange: Exchange) -> None:
    exchange.tells(AbandonDial("T", exchange.dials("T")))
    exchange.gets(leg_event("ringing", "late", "T"))
    exchange.gets(leg_event("answered", "late", "T"))
    assert exchange.ended() == ["late", "late"]


def test_a_winner_that_nobody_waits_for_any_more_is_ended(exchange: Exchange) -> None:
    exchange.tells(AbandonDial("T", exchange.dials("T")))
    exchange.gets(dial_event("answered", "T", winner="a"))
    assert exchange.ended() == ["a"]
    assert exchange.calls == []


def test_a_winner_that_answered_in_the_moment_of_giving_up_is_hung_up(exchange: Exchange) -> None:
    """The outcome is on its way when the wait times out: nobody holds the call, and it must not stay up."""
    dial = exchange.dials("T")
    exchange.gets(dial_event("answered", "T", winner="a"))
    exchange.tells(AbandonDial("T", dial))
    assert exchange.ended() == ["a"]
    exchange.gets(state("ended", "a"))
    exchange.is_empty()


# The session and the end


def test_a_lost_session_fails_every_dial(exchange: Exchange) -> None:
    dials = [exchange.dials(tag) for tag in "ABC"]
    exchange.gets(dial_event("answered", "C", winner="c"))
    exchange.tells(SessionStarted(restored=False))
    for dial in dials[:2]:
        with pytest.raises(SessionLost):
            outcome(dial)
    assert exchange.stats.dials == {"answered": 1, "lost": 2}
    assert exchange.actor._dialling._dials == {}


def test_a_restored_session_may_still_bring_the_outcome(exchange: Exchange) -> None:
    dial = exchange.dials("T")
    exchange.tells(SessionStarted(restored=True))
    exchange.gets(dial_event("answered", "T", winner="a"))
    assert outcome(dial).call_id == "a"


def test_the_end_of_the_client_ends_dials_and_their_legs(exchange: Exchange) -> None:
    before = active_watchers()
    dial = exchange.dials("T")
    exchange.gets(leg_event("ringing", "a", "T"))
    exchange.actor.ref.request(EndCalls(LIMIT)).get(timeout=LIMIT)
    with pytest.raises(ClientStopped):
        outcome(dial)
    assert exchange.ended() == ["a"]
    exchange.gets(leg_event("ringing", "b", "T"))
    assert exchange.ended() == ["a", "b"]
    with pytest.raises(ClientStopped):
        exchange.dials("U")
    assert active_watchers() == before


def test_legs_need_no_connection_to_be_forgotten(exchange: Exchange) -> None:
    dial = exchange.dials("T")
    exchange.gets(leg_event("ringing", "a", "T"))
    exchange.link.connection = None
    exchange.actor.ref.request(EndCalls(LIMIT)).get(timeout=LIMIT)
    assert dial.done()
    assert exchange.board.sent == []


@pytest.mark.parametrize("sign", [leg_event("created", "a", "T"), dial_event("answered", "T", winner="a")])
def test_a_leg_that_shows_up_when_the_router_has_been_started_again_is_ended(
    exchange: Exchange, started: Started, sign: RelayEvent
) -> None:
    dial = exchange.dials("T")
    exchange.actor.ref.kill()
    with pytest.raises(ClientStopped):
        outcome(dial)
    exchange.actor = started(SubscriptionActor(exchange.link, exchange.admission, exchange.stats, exchange.roster))
    exchange.gets(sign)
    assert exchange.ended() == ["a"]


def test_more_legs_than_a_dial_can_have_are_not_kept(exchange: Exchange) -> None:
    exchange.dials("T")
    exchange.gets(*(leg_event("ringing", f"leg{n}", "T") for n in range(1_100)))
    assert len(exchange.actor._dialling._legs) == 1_000
