"""Code that outlives its call is ended."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gevent
import pytest
from doubles.exchange import Exchange
from doubles.frames import event, offer, state
from doubles.hub import LIMIT, active_watchers, turns, until
from doubles.noted import Noted
from doubles.started import Started
from doubles.waiting import Waiting
from gevent.event import Event

from relay_actors.call.call import Call, CallActor
from relay_actors.call.facts import CallFacts
from relay_actors.call.messages import CallOver, DescribeCall, EndCode, HangUp, OfferLeft, OfferTaken
from relay_actors.delivery.unrouted import Unrouted
from relay_actors.errors import CodeOverdue, RelayError
from relay_actors.routing.admission import Admission
from relay_actors.routing.desk import Desk
from relay_actors.routing.ends import Ends
from relay_actors.routing.messages import AbandonDial, ListCalls, SweepCode
from relay_actors.routing.roster import CallRoster, UpIds
from relay_actors.routing.subscription import SubscriptionActor
from relay_actors.session.link import Link
from relay_actors.session.messages import SessionStarted
from relay_actors.telemetry.stats import Stats
from relay_actors.timing import Timing

SOON = Timing(request_timeout=LIMIT, call_linger=0.01, code_linger=0.01)


class Sleeper(CallActor):
    """Sleeps where no event reaches it; ``felt`` is what ended that."""

    felt: list[BaseException]
    swallows = False

    def on_start(self) -> None:
        self.felt = []

    def run(self) -> None:
        while True:
            try:
                Event().wait()  # the sleep
            except BaseException as error:
                self.felt.append(error)
                if not self.swallows:
                    raise

    def on_ended(self) -> None:
        self.felt.append(StopIteration())


class Stubborn(Sleeper):
    swallows = True


def test_code_that_sleeps_after_the_end_is_ended_and_the_log_says_where_it_stood(
    started: Started, log_lines: list[str]
) -> None:
    exchange = Exchange(started, Sleeper, timing=SOON)
    exchange.gets(offer("c1"), state("ended", "c1"))
    until(lambda: not exchange.actor._calls, "the end of the code")
    (call,) = exchange.calls
    assert [type(each) for each in call.felt] == [CodeOverdue, StopIteration]  # on_ended is told all the same
    assert call._relay.ref.join(LIMIT)
    assert exchange.stats.calls_outlived == 1
    assert exchange.stats.calls_crashed == 0
    (line,) = [line for line in log_lines if "outlives" in line]
    assert "the code of call c1 outlives the call and is ended; it stood at" in line
    number = 1 + Path(__file__).read_text().split("\n").index("                Event().wait()  # the sleep")
    assert f"{__file__}:{number} in Sleeper.run" in line
    assert not any("Sleeper crashed" in line for line in log_lines)


def test_code_that_will_not_end_loses_its_actor(started: Started, log_lines: list[str]) -> None:
    exchange = Exchange(started, Stubborn, timing=SOON)
    exchange.gets(offer("c1"), state("ended", "c1"))
    until(lambda: not exchange.actor._calls, "the end of the actor")
    assert exchange.calls[0]._relay.ref.join(LIMIT)
    assert exchange.stats.calls_outlived == 1
    assert sum("outlives" in line for line in log_lines) == 2
    exchange.calls[0].swallows = False
    gevent.sleep(0.001)


def test_code_that_waits_for_another_call_is_ended_too(started: Started) -> None:
    class Watcher(CallActor):
        def run(self) -> None:
            if self.call_id == "c1":
                exchange.calls[1].wait_for_ended()

        def on_offer(self) -> None:
            if self.call_id == "c2":
                self.wait_for_ended()

    exchange = Exchange(started, Watcher, timing=SOON)
    Watcher.when_done = "leave"
    exchange.gets(offer("c1"), offer("c2"), state("ended", "c1"))
    until(lambda: "c1" not in exchange.actor._calls, "the end of the code")
    assert list(exchange.actor._calls) == ["c2"]


def test_code_gets_its_time_after_late_results_too(started: Started) -> None:
    """While a recording's url may still come, its code is not late."""
    timing = Timing(request_timeout=LIMIT, call_linger=LIMIT, code_linger=0.005)

    class Recorder(CallActor):
        def run(self) -> None:
            self.record(control_id="r1").wait()

    exchange = Exchange(started, Recorder, timing=timing)
    exchange.gets(offer("c1"), state("answered", "c1"), state("ended", "c1"))
    gevent.sleep(0.02)
    assert exchange.stats.calls_outlived == 0
    exchange.gets(event("calling.call.record", call_id="c1", control_id="r1", state="finished", url="https://x/"))
    exchange.is_empty()
    assert exchange.stats.calls_outlived == 0


def test_code_that_ends_in_time_is_left_alone_and_no_timer_stays(started: Started) -> None:
    before = active_watchers()
    exchange = Exchange(started, type("Brief", (CallActor,), {"run": lambda call: call.wait_for_ended()}), timing=SOON)
    exchange.gets(offer("c1"), state("ended", "c1"))
    exchange.is_empty()
    until(lambda: not exchange.actor._ends._timer.started)
    assert exchange.stats.calls_outlived == 0
    assert active_watchers() == before


def test_the_next_incarnation_of_the_router_ends_the_code_too(started: Started) -> None:
    exchange = Exchange(started, Sleeper, timing=Timing(request_timeout=LIMIT, code_linger=LIMIT))
    exchange.gets(offer("c1"), state("ended", "c1"))
    link = Link(SOON, stats=exchange.stats)
    started(SubscriptionActor(link, exchange.admission, exchange.stats, exchange.roster))
    until(lambda: exchange.calls[0].felt, "the end of the code")
    assert isinstance(exchange.calls[0].felt[0], CodeOverdue)


def test_none_leaves_code_alone(started: Started) -> None:
    exchange = Exchange(started, Sleeper, timing=Timing(code_linger=None))
    exchange.gets(offer("c1"), state("ended", "c1"))
    assert not exchange.actor._ends._timer.started


@pytest.mark.parametrize("limit", [1.0, 30.0])
def test_a_call_is_overdue_after_its_time_and_again_after_as_long(limit: float) -> None:
    timing, roster, told = Timing(code_linger=limit), CallRoster(Unrouted(1.0, Stats())), list[Any]()
    actor: Any = SimpleNamespace(offer=told.append)
    facts = CallFacts(call_id="a", node_id="n1", direction="inbound", state="ended")
    roster.calls["a"] = SimpleNamespace(ref=actor, facts=facts)
    roster.over.add("a")
    ends = Ends(Desk(Link(timing), Admission(1), Stats(), roster, actor))
    ended = []
    for _ in range(5):
        ends.sweep(SweepCode())
        ended.append(len(told))
    ends.stop()
    assert ended == [0, 0, 1, 1, 2]
    assert told == [EndCode(), EndCode()]


# The making of an actor


class Slow(CallActor):
    """Takes its time to be made."""

    gate: Any
    begun: list[str]

    def __init__(self, setup: Any) -> None:
        super().__init__(setup)
        self.begun.append(self.call_id)
        self.gate.wait()
        self.got: list[str] = []

    def on_event(self, each: Any) -> None:
        self.got.append(getattr(each, "call_state", "") or each.event_type)

    def run(self) -> None:
        self.wait_for_ended()


@pytest.fixture
def slow() -> type[Slow]:
    return type("Slow", (Slow,), {"gate": Event(), "begun": []})


def test_a_constructor_that_blocks_holds_up_nobody_else(started: Started, slow: type[Slow]) -> None:
    exchange = Exchange(started, slow)
    exchange.gets(offer("c1"), offer("c2"), state("answered", "c1"))
    assert slow.begun == ["c1", "c2"]
    slow.gate.set()
    exchange.gets(state("answered", "c2"))
    assert [call.got for call in exchange.calls] == [["created", "answered"]] * 2


def test_a_dialled_call_is_answered_at_once_however_long_its_making_took(started: Started, slow: type[Slow]) -> None:
    exchange = Exchange(started, slow)
    outcome = exchange.dials("T")
    exchange.gets(
        state("created", "c1", tag="T"),
        event("calling.call.dial", tag="T", dial_state="answered", call={"call_id": "c1", "node_id": "n1"}),
    )
    assert not outcome.done()
    slow.gate.set()
    assert outcome.get(timeout=LIMIT).state == "answered"
    assert exchange.stats.dials == {"answered": 1}


def test_a_dial_that_was_given_up_while_its_actor_was_made_ends_its_call(started: Started, slow: type[Slow]) -> None:
    exchange = Exchange(started, slow)
    outcome = exchange.dials("T")
    exchange.gets(
        state("created", "c1", tag="T"),
        event("calling.call.dial", tag="T", dial_state="answered", call={"call_id": "c1", "node_id": "n1"}),
    )
    exchange.tells(AbandonDial("T", outcome))
    slow.gate.set()
    turns()
    assert exchange.ended() == ["c1"]
    with pytest.raises(RelayError):
        outcome.get(timeout=LIMIT)


@pytest.mark.parametrize("how", ["time", "session"])
def test_a_making_that_never_ends_is_given_up_after_the_call(started: Started, slow: type[Slow], how: str) -> None:
    exchange = Exchange(started, slow, timing=SOON if how == "time" else None)
    exchange.gets(offer("c1"))
    if how == "time":
        exchange.gets(state("ended", "c1"))
    else:
        exchange.tells(SessionStarted(restored=False))
    exchange.is_empty()
    assert exchange.stats.calls_outlived == (how == "time")
    assert exchange.stats.calls_crashed == 0
    assert exchange.board.sent == []


def test_an_observer_is_told_of_the_call_and_then_of_its_end(started: Started, slow: type[Slow]) -> None:
    told: list[str] = []

    class Watching:
        def call_began(self, call: Any) -> None:
            told.append(f"began {call.call_id}")

        def call_changed(self, call: Any) -> None:
            pass

        def call_over(self, call_id: str, reason: str) -> None:
            told.append(f"over {call_id} {reason}")

    exchange = Exchange(started, slow, observer=Watching())
    exchange.gets(offer("c1"), state("ended", "c1", end_reason="busy"))
    assert told == []
    slow.gate.set()
    exchange.is_empty()
    assert told == ["began c1", "over c1 busy"]


def test_a_call_that_is_being_made_says_so(started: Started, slow: type[Slow]) -> None:
    exchange = Exchange(started, slow)
    exchange.gets(offer("c1"))
    (ref,) = exchange.actor.ref.ask(ListCalls(), timeout=LIMIT)
    status = ref.request(DescribeCall()).get(timeout=LIMIT)
    assert (status.call_id, status.doing, status.state) == ("c1", "making", "created")
    assert "in Slow.__init__" in status.where
    assert ref.actor() is None
    slow.gate.set()
    turns()
    assert ref.request(DescribeCall()).get(timeout=LIMIT).kind == "Slow"
    assert ref.actor().face is exchange.calls[0]


def test_events_for_a_call_that_is_being_made_are_bounded(started: Started, slow: type[Slow]) -> None:
    exchange = Exchange(started, slow)
    exchange.gets(offer("c1"))
    exchange.gets(*(event("calling.call.play", call_id="c1", control_id=f"k{n}") for n in range(1_100)))
    exchange.gets(state("ended", "c1"))
    slow.gate.set()
    exchange.is_empty()
    assert exchange.stats.dead_letters == {"unmade_call": 100}
    assert exchange.calls[0].got[-1] == "ended"


# What is written down


def test_a_call_that_is_over_for_us_alone_is_written_down_no_more(started: Started) -> None:
    """The server's own word is noted as its event comes."""
    noted = Noted()
    exchange = Exchange(started, Call, ledger=noted)
    exchange.gets(offer("c1"), offer("c2"))
    exchange.calls[0].pass_()
    turns()
    assert ("forget",) in noted.of("c1")
    assert noted.of("c2") == []
    exchange.gets(state("ended", "c2"))
    assert noted.of("c2") == []


def test_one_that_is_to_be_hung_up_still_is_written_down_until_its_hang_up_is_taken(started: Started) -> None:
    noted = Noted()
    exchange = Exchange(started, Call, ledger=noted)
    exchange.board.withheld = {"calling.end"}
    exchange.gets(offer("c1"))
    exchange.tells(HangUp("c1", "n1", "error"))
    exchange.tells(CallOver("c1", "error"))
    assert noted.of("c1") == [("unserved", "n1")]
    exchange.board.release()
    until(lambda: noted.of("c1")[1:] == [("forget",)], "the reply")


def test_an_offer_that_was_left_takes_no_slot_and_is_not_up_until_it_is_taken_after_all(started: Started) -> None:
    exchange = Exchange(started, Waiting)
    exchange.gets(offer("c1"), offer("c2"))
    exchange.calls[0]._relay.leave_to_others()
    exchange.gets()
    assert (exchange.roster.apart, [*UpIds(exchange.roster)]) == ({"c1"}, ["c2"])
    assert (exchange.admission.slots.taken, exchange.stats.offers_left) == (1, 1)
    exchange.calls[0]._relay.take_up()
    exchange.gets()
    assert (exchange.roster.apart, [*UpIds(exchange.roster)]) == (set(), ["c1", "c2"])
    assert exchange.admission.slots.taken == 2


def test_what_is_over_or_unknown_is_neither_left_nor_taken(started: Started) -> None:
    exchange = Exchange(started, Waiting)
    exchange.gets(offer("c1"), state("ended", "c1"))
    for message in (OfferLeft("c1"), OfferTaken("c1"), OfferLeft("c9"), OfferTaken("c9")):
        exchange.tells(message)
    assert (exchange.roster.apart, exchange.stats.offers_left, exchange.admission.slots.taken) == (set(), 0, 0)
