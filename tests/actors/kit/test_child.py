"""One child of a supervisor: started and watched, waiting for its next start, and ended."""

from __future__ import annotations

from typing import Any

import gevent
import pytest
from doubles.actors import Collector
from doubles.hub import LIMIT, active_watchers, turns, until
from doubles.started import Started

from relay_actors.kit.actor import Down, GreenletActor
from relay_actors.kit.child import BackoffReset, Child, ChildSpec, RestartDue
from relay_actors.kit.restarts import Backoff


class Busy(GreenletActor):
    """Has a message to handle that it never gets done with."""

    def on_start(self) -> None:
        self.ref.offer("forever")

    def on_receive(self, _: Any) -> None:
        gevent.sleep(1000 * LIMIT)


@pytest.fixture
def boss(started: Started) -> Collector:
    """Stands in for the supervisor, and keeps what it is told."""
    return started(Collector())


def child_of(started: Started, kind: Any = Collector, **spec: Any) -> Child:
    def start() -> Any:
        actor = kind()
        started.adopt(actor)
        actor.launch()
        return actor.ref

    return Child(ChildSpec(name="worker", start=start, **spec))


def test_a_child_is_stopped_until_it_begins_and_waits_until_it_begins_again(started: Started, boss: Collector) -> None:
    child = child_of(started)
    states = [child.state]
    child.wait(LIMIT, boss.ref)
    states.append(child.state)
    child.begin(boss.ref)
    states.append(child.state)
    child.end()
    states.append(child.state)
    assert states == ["stopped", "waiting", "running", "stopped"]


def test_a_child_that_begins_is_watched(started: Started, boss: Collector) -> None:
    child = child_of(started)
    child.begin(boss.ref)
    ref = child.ref
    assert ref is not None
    ref.kill()
    assert until(lambda: boss.of(Down))[0].actor_urn == ref.actor_urn


def test_the_message_of_the_next_start_names_the_failures_it_was_made_after(started: Started, boss: Collector) -> None:
    child = child_of(started)
    child.restarts.failed(0.0, 0.5)
    child.restarts.failed(0.0, 0.5)
    child.wait(0.0, boss.ref)
    assert until(lambda: boss.of(RestartDue)) == [RestartDue("worker", 2)]


def test_a_child_that_lived_healthily_for_long_enough_says_which_failures_are_forgotten(
    started: Started, boss: Collector
) -> None:
    child = child_of(started, backoff=Backoff(first=1.0, limit=2.0, healthy_after=0.001))
    child.begin(boss.ref)
    child.restarts.failed(0.0, 0.5)
    child.healthy(boss.ref)
    assert until(lambda: boss.of(BackoffReset)) == [BackoffReset("worker", 1)]


def test_without_a_backoff_there_is_nothing_to_forget(started: Started, boss: Collector) -> None:
    child = child_of(started)
    child.begin(boss.ref)
    before = active_watchers()
    child.healthy(boss.ref)
    assert active_watchers() == before


def test_the_end_of_a_child_leaves_no_timer(started: Started, boss: Collector) -> None:
    before = active_watchers()
    child = child_of(started, backoff=Backoff(first=1.0, limit=2.0, healthy_after=LIMIT))
    child.begin(boss.ref)
    child.healthy(boss.ref)
    child.wait(LIMIT, boss.ref)
    child.end()
    assert active_watchers() == before
    assert (child.due, child.ref) == (None, None)


def test_a_child_that_does_not_stop_in_time_is_killed(started: Started, boss: Collector, log_lines: list[str]) -> None:
    child = child_of(started, Busy, shutdown=0.001)
    child.begin(boss.ref)
    turns()
    ref = child.ref
    child.end()
    assert ref is not None
    assert ref.join(LIMIT)
    assert any("worker did not stop within 0.001 s and is killed" in line for line in log_lines)


def test_a_child_that_is_dead_or_never_began_is_ended_without_a_word(
    started: Started, boss: Collector, log_lines: list[str]
) -> None:
    child = child_of(started)
    child.end()
    child.begin(boss.ref)
    assert child.ref is not None
    child.ref.kill()
    assert child.ref.join(LIMIT)
    child.end()
    assert not [line for line in log_lines if "did not stop" in line]


def test_the_status_of_a_child_tells_where_it_stands(started: Started, boss: Collector) -> None:
    child = child_of(started)
    child.error = "it broke"
    child.restarts.failed(0.0, 0.5)
    child.wait(LIMIT, boss.ref)
    waiting = child.status("client")
    assert (waiting.name, waiting.kind, waiting.state, waiting.restarts_total) == ("client/worker", "-", "waiting", 1)
    assert waiting.last_error == "it broke"
    assert waiting.next_try_in is not None
    assert 0.0 < waiting.next_try_in <= LIMIT
    child.begin(boss.ref)
    running = child.status("client")
    assert (running.kind, running.state, running.mailbox, running.next_try_in) == ("Collector", "running", 0, None)
