"""What a call actor is made from."""

from __future__ import annotations

from typing import Any

from doubles.frames import offer
from doubles.line import Line
from doubles.started import Started

from relay_actors.call.setup import CallSetup


def test_what_a_call_is_made_from_shows_its_address_and_no_number(started: Started) -> None:
    first: Any = offer()
    core = Line[Any](started, raw_device=first.raw_device).core
    assert repr(CallSetup(core.facts, core.environment)) == "<CallSetup c1 inbound>"


def test_calls_are_made_from_one_environment_and_facts_of_their_own(started: Started) -> None:
    lines = [Line[Any](started, call_id=name) for name in ("c1", "c2")]
    assert [line.call.call_id for line in lines] == ["c1", "c2"]
    lines[0].ends()
    assert (lines[0].call.is_ended, lines[1].call.is_ended) == (True, False)
