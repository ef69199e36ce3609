"""Events that nobody asked for: they wait for their call, or go to a handler, and are counted."""

from __future__ import annotations

from typing import Any

import gevent
import pytest
from doubles.frames import event, state
from doubles.hub import LIMIT, turns

from relay_actors.delivery.unrouted import Unrouted
from relay_actors.telemetry.stats import Stats


@pytest.fixture
def unrouted() -> Unrouted:
    return Unrouted(LIMIT, Stats())


def test_early_events_wait_for_their_call(unrouted: Unrouted) -> None:
    first, second = state("ringing", "c1"), state("answered", "c1")
    unrouted.take(first, over=False)
    unrouted.take(state("ringing", "c2"), over=False)
    unrouted.take(second, over=False)
    assert unrouted.early.claim("c1") == [first, second]
    assert unrouted.early.claim("c1") == []


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
def test_what_no_call_can_claim_is_handed_over_at_once(unrouted: Unrouted, stray: Any, over: bool) -> None:
    heard: list[Any] = []
    unrouted.handler = heard.append
    unrouted.take(stray, over=over)
    turns()
    assert heard == [stray]


def test_tasks_have_a_handler_of_their_own(unrouted: Unrouted) -> None:
    heard, tasks = [], []
    unrouted.handler, unrouted.task_handler = heard.append, tasks.append
    unrouted.take(event("queuing.relay.tasks"), over=False)
    unrouted.take(event("calling.error"), over=False)
    turns()
    assert [e.event_type for e in tasks] == ["queuing.relay.tasks"]
    assert [e.event_type for e in heard] == ["calling.error"]


def test_what_nobody_wants_is_counted() -> None:
    stats = Stats()
    Unrouted(LIMIT, stats).take(event("calling.error"), over=False)
    assert stats.events_unrouted == 1


@pytest.mark.slow
def test_no_early_event_is_lost_without_being_counted() -> None:
    stats = Stats()
    unrouted = Unrouted(LIMIT, stats)
    for number in range(3_000):
        unrouted.take(state("ringing", f"c{number}"), over=False)
    for _ in range(100):
        unrouted.take(state("ringing", "flooded"), over=False)
    claim = unrouted.early.claim
    kept = sum(len(claim(f"c{number}")) for number in range(3_000)) + len(claim("flooded"))
    assert kept <= 1_050
    assert kept + stats.events_unrouted == 3_100


def test_events_whose_call_never_came_are_handed_over_after_a_while() -> None:
    unrouted, heard = Unrouted(-1.0, Stats()), []
    unrouted.handler = heard.append
    unrouted.take(state("ringing", "c1"), over=False)
    unrouted.take(state("ringing", "c2"), over=False)
    turns()
    assert [e.call_id for e in heard] == ["c1"]


@pytest.mark.parametrize(
    "error", [ZeroDivisionError(), gevent.Timeout(1), SystemExit(1)], ids=lambda e: type(e).__name__
)
def test_a_handler_that_crashes_ends_alone(unrouted: Unrouted, error: BaseException, log_lines: list[str]) -> None:
    def crash(_: Any) -> None:
        raise error

    unrouted.handler = crash
    unrouted.take(event("calling.error"), over=False)
    turns()
    assert any("the event handler crashed" in line for line in log_lines)


def test_ctrl_c_in_a_handler_reaches_the_main_greenlet(unrouted: Unrouted) -> None:
    def interrupted(_: Any) -> None:
        raise KeyboardInterrupt

    unrouted.handler = interrupted
    unrouted.take(event("calling.error"), over=False)
    with pytest.raises(KeyboardInterrupt):
        gevent.sleep(LIMIT)
