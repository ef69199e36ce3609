"""One dial that is under way: what it remembers of its legs."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.frames import event, leg_event

from relay_actors.kit.future import GreenletFuture
from relay_actors.routing.dial import Dial
from relay_actors.session.command import Command


@pytest.fixture
def dial() -> Dial:
    return Dial("T", lambda setup: None, GreenletFuture())


def test_what_a_leg_told_is_kept_in_order_for_the_call_that_it_may_become(dial: Dial) -> None:
    events: list[Any] = [leg_event("created", "c1", "T"), leg_event("ringing", "c1", "T")]
    legs = [dial.note(each) for each in events]
    assert legs[0] is legs[1]
    assert legs[0] is not None
    assert (legs[0].call_id, legs[0].node_id, legs[0].events) == ("c1", "n1", events)


def test_legs_are_told_apart_by_their_ids(dial: Dial) -> None:
    dial.note(leg_event("answered", "c1", "T"))
    dial.note(leg_event("ended", "c2", "T"))
    told = {name: (leg.answered, leg.ended) for name, leg in dial.legs.items()}
    assert told == {"c1": (True, False), "c2": (False, True)}


def test_a_leg_that_has_answered_has_answered_whatever_it_tells_later(dial: Dial) -> None:
    for each in ("answered", "ending", "ended"):
        leg = dial.note(leg_event(each, "c1", "T"))
    assert leg is not None
    assert (leg.answered, leg.ended) == (True, True)


def test_an_event_that_is_no_state_says_nothing_about_the_leg(dial: Dial) -> None:
    leg = dial.note(event("calling.call.play", call_id="c1", state="finished"))
    assert leg is not None
    assert (leg.answered, leg.ended) == (False, False)


def test_what_a_dial_remembers_is_bounded(dial: Dial) -> None:
    for _ in range(150):
        leg = dial.note(leg_event("ringing", "c0", "T"))
    assert leg is not None
    assert len(leg.events) == 100
    noted = [dial.note(leg_event("created", f"c{number}", "T")) for number in range(1, 1_002)]
    assert len(dial.legs) == 1_000
    assert noted[-1] is None


def test_a_dial_is_sent_when_its_command_is_or_when_nobody_says_otherwise(dial: Dial) -> None:
    assert dial.sent
    reply = Command()
    waiting = Dial("T", lambda setup: None, GreenletFuture(), reply)
    assert not waiting.sent
    reply.sent = True
    assert waiting.sent
