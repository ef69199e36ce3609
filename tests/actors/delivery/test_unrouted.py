"""Events that nobody asked for: they wait for their call, or go to a handler, and are counted."""

from __future__ import annotations

from typing import Any

import gevent
import pytest
from doubles.frames import event, state
from doubles.hub import LIMIT, turns

from relay_actors.delivery.unrouted import Strays
from relay_actors.telemetry.stats import Stats


@pytest.fixture
def strays() -> Strays:
    return Strays(LIMIT, Stats())


def test_early_events_wait_for_their_call(strays: Strays) -> None:
    first, second = state("ringing", "c1"), state("answered", "c1")
    strays.take(first, over=False)
    strays.take(state("ringing", "c2"), over=False)
    strays.take(second, over=False)
    assert strays.claim("c1") == [first, second]
    assert strays.claim("c1") == []


@pytest.mark.parametrize(
    ("stray", "over"),
    [
        (event("queuing.relay.tasks"), False),
        (event("calling.error", error="x"), False),
        (state("answered", "c1"), True),
        (event("calling.conference", call_id="c1", conference_id="f"), False),
    ],
    ids=["task", "error", "former call", "conference"],
)
def test_what_no_call_can_claim_is_handed_over_at_once(strays: Strays, stray: Any, over: bool) -> None:
    heard: list[Any] = []
    strays.handler = heard.append
    strays.take(stray, over=over)
    turns()
    assert heard == [stray]


def test_tasks_have_a_handler_of_their_own(strays: Strays) -> None:
    heard, tasks = [], []
    strays.handler, strays.task_handler = heard.append, tasks.append
    strays.take(event("queuing.relay.tasks"), over=False)
    strays.take(event("calling.error"), over=False)
    turns()
    assert [e.event_type for e in tasks] == ["queuing.relay.tasks"]
    assert [e.event_type for e in heard] == ["calling.error"]


def test_what_nobody_wants_is_counted() -> None:
    stats = Stats()
    Strays(LIMIT, stats).take(event("calling.error"), over=False)
    assert stats.events_unrouted == 1


def test_no_early_event_is_lost_without_being_counted() -> None:
    stats = Stats()
    strays = Strays(LIMIT, stats)
    for number in range(3_000):
        strays.take(state("ringing", f"c{number}"), over=False)
    for _ in range(100):
        strays.take(state("ringing", "flooded"), over=False)
    kept = sum(len(strays.claim(f"c{number}")) for number in range(3_000)) + len(strays.claim("flooded"))
    assert kept <= 1_050
    assert kept + stats.events_unrouted == 3_100


def test_events_whose_call_never_came_are_handed_over_after_a_while() -> None:
    strays, heard = Strays(-1.0, Stats()), []
    strays.handler = heard.append
    strays.take(state("ringing", "c1"), over=False)
    strays.take(state("ringing", "c2"), over=False)
    turns()
    assert [e.call_id for e in heard] == ["c1"]


@pytest.mark.parametrize(
    "error", [ZeroDivisionError(), gevent.Timeout(1), SystemExit(1)], ids=lambda e: type(e).__name__
)
def test_a_handler_that_crashes_ends_alone(strays: Strays, error: BaseException, log_lines: list[str]) -> None:
    def crash(_: Any) -> None:
        raise error

    strays.handler = crash
    strays.take(event("calling.error"), over=False)
    turns()
    assert any("the event handler crashed" in line for line in log_lines)


def test_ctrl_c_in_a_handler_reaches_the_main_greenlet(strays: Strays) -> None:
    def interrupted(_: Any) -> None:
        raise KeyboardInterrupt

    strays.handler = interrupted
    strays.take(event("calling.error"), over=False)
    with pytest.raises(KeyboardInterrupt):
        gevent.sleep(LIMIT)
