"""Events that belong to no live call: kept for their call, or given to the client's handler."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.frames import event, state
from doubles.hub import turns

from relay_actors.stats import Stats
from relay_actors.strays import Strays

ENDLESS = 60.0


class Heard:
    """Strays with a handler that keeps what it gets."""

    def __init__(self, ttl: float = ENDLESS) -> None:
        self.stats = Stats()
        self.strays = Strays(ttl, self.stats)
        self.events: list[Any] = []
        self.strays.handler = self.events.append

    def takes(self, happened: Any, *, over: bool = False) -> list[Any]:
        self.strays.take(happened, over=over)
        turns()
        return self.events


@pytest.fixture
def heard() -> Heard:
    return Heard()


CONFERENCE = event("calling.conference", conference_id="f", status="conference-start")
MEMBER = event("calling.conference", conference_id="f", call_id="elsewhere", status="participant-join")
TASK = event("queuing.relay.tasks")
ERROR = event("calling.error", error="broken")


@pytest.mark.parametrize("happened", [CONFERENCE, MEMBER, TASK, ERROR, event("calling.tomorrow")])
def test_what_belongs_to_no_call_goes_to_the_handler(heard: Heard, happened: Any) -> None:
    assert heard.takes(happened) == [happened]
    assert heard.stats.events_unrouted == 0


def test_what_comes_after_the_end_of_its_call_goes_to_the_handler(heard: Heard) -> None:
    late = event("calling.ai.transcribe.conversation_log", call_id="c1")
    assert heard.takes(late, over=True) == [late]


def test_what_comes_before_its_call_is_kept_for_it_in_order(heard: Heard) -> None:
    first, second = state("ringing"), state("answered")
    assert heard.takes(first) == heard.takes(second) == []
    assert heard.strays.claim("c1") == [first, second]
    assert heard.strays.claim("c1") == []


def test_what_nobody_claims_in_time_goes_to_the_handler() -> None:
    heard = Heard(ttl=-1)
    unclaimed = state("ringing", "nobody")
    heard.takes(unclaimed)
    assert heard.takes(state("ringing", "another")) == [unclaimed]


def test_a_call_that_floods_ahead_of_its_offer_is_kept_in_bounds(heard: Heard) -> None:
    for _ in range(60):
        heard.strays.take(state("ringing"), over=False)
    assert len(heard.strays.claim("c1")) == 50


def test_tasks_go_to_a_handler_of_their_own_if_there_is_one(heard: Heard) -> None:
    tasks: list[Any] = []
    heard.strays.task_handler = tasks.append
    assert heard.takes(TASK) == []
    assert tasks == [TASK]


def test_without_a_handler_a_stray_is_counted(heard: Heard) -> None:
    heard.strays.handler = None
    heard.takes(CONFERENCE)
    assert heard.stats.events_unrouted == 1


def test_handlers_run_one_beside_the_other_and_a_crash_is_its_own(heard: Heard, log_lines: list[str]) -> None:
    def crashes_once(happened: Any) -> None:
        heard.events.append(happened)
        if len(heard.events) == 1:
            raise SystemExit(3)

    heard.strays.handler = crashes_once
    heard.takes(CONFERENCE)
    assert heard.takes(ERROR) == [CONFERENCE, ERROR]
    assert any("the event handler crashed" in line for line in log_lines)
