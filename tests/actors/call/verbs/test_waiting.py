"""What a user gives to a wait is checked before anything is waited for. See `test_waits.py` for the waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from doubles.frames import event, state
from doubles.hub import LIMIT
from doubles.line import Line
from doubles.started import Started

from relay_actors.errors import CallEnded, RelayTimeout


@pytest.fixture
def line(started: Started) -> Line[Any]:
    return Line(started)


async def later() -> None: ...


@pytest.mark.parametrize(
    ("wait", "error", "why"),
    [
        (lambda call: call.wait_for("calling.call.plai"), ValueError, "calling.call.play"),
        (lambda call: call.wait_for("*", "ended"), TypeError, "predicate is str"),
        (lambda call: call.wait_for("*", later), TypeError, "predicate"),
        (lambda call: call.sleep(-1), ValueError, "seconds"),
        (lambda call: call.sleep("1"), ValueError, "seconds"),
        (lambda call: call.offload("later"), TypeError, "function is str; accepted is a function"),
        (lambda call: call.offload(later), TypeError, "function"),
    ],
    ids=range(7),
)
def test_what_cannot_be_waited_for_is_refused_at_once(
    line: Line[Any], wait: Callable[[Any], object], error: type[Exception], why: str
) -> None:
    with pytest.raises(error, match=why):
        wait(line.call)


def test_work_on_a_thread_gets_its_arguments_and_gives_its_result(line: Line[Any]) -> None:
    assert line.call.offload(int, "ff", base=16, timeout=LIMIT) == 255


def test_a_predicate_picks_among_the_events(line: Line[Any]) -> None:
    line.gets(state("ringing"))
    found = line.call.wait_for("calling.call.state", lambda told: told.call_state == "ringing", LIMIT)
    assert found.call_state == "ringing"
    with pytest.raises(RelayTimeout):
        line.call.wait_for("*", timeout=0.001)


@pytest.mark.parametrize("name", ["ringing", "answered"])
def test_a_state_that_was_reached_is_waited_for_no_longer(line: Line[Any], name: str) -> None:
    line.gets(state(name))
    assert getattr(line.call, f"wait_for_{name}")(timeout=LIMIT).call_state == name


def test_the_end_is_waited_for_in_both_its_words(line: Line[Any]) -> None:
    line.gets(event("calling.call.state", call_id="c1", node_id="n1", call_state="ending"))
    assert line.call.wait_for_ending(timeout=LIMIT).call_state == "ending"
    line.ends("busy")
    assert line.call.wait_for_ended(timeout=LIMIT).end_reason == "busy"
    with pytest.raises(CallEnded):
        line.call.sleep(0)
