"""The scheduler: turns in a row on one greenlet, and workers that serve one actor after another."""

from __future__ import annotations

import gc
import sys
import weakref
from contextvars import ContextVar
from typing import Any

import gevent
import pytest
from doubles.hub import LIMIT, turns, until
from doubles.started import Started
from doubles.worker import Job, Worker
from gevent import getcurrent
from gevent.event import Event
from gevent.local import local

from relay_actors.kit.future import GreenletFuture
from relay_actors.kit.scheduler import Scheduler
from relay_actors.kit.turns import running_actor


@pytest.fixture
def worker(started: Started) -> Worker:
    return started(Worker())


@pytest.fixture
def other(started: Started) -> Worker:
    return started(Worker())


def served_by(actor: Worker, *jobs: Any) -> list[int]:
    """Have an actor run functions, and return the ids of the greenlets in which they ran."""
    ids: list[int] = []
    for job in jobs:

        def noted(job: Any = job) -> None:
            ids.append(id(getcurrent()))
            job()

        actor.ref.tell(Job(noted))
    turns()
    return ids


def nothing() -> None:
    pass


# Turns


def test_the_mail_of_many_actors_is_applied_in_one_greenlet(worker: Worker, other: Worker) -> None:
    seen: list[Any] = []
    for actor in (worker, other, worker):
        actor.ref.tell(lambda: seen.append(getcurrent()))
    turns()
    assert len(seen) == 3
    assert len({id(greenlet) for greenlet in seen}) == 1


def test_a_handler_that_blocks_holds_up_its_own_actor_alone(worker: Worker, other: Worker) -> None:
    gate = Event()
    worker.ref.tell(lambda: gate.wait(LIMIT))
    worker.ref.tell("behind")
    turns()
    other.ref.tell("news")
    turns()
    assert other.applied == ["news"]
    assert worker.applied == []
    gate.set()
    turns()
    assert worker.applied == ["behind"]
    other.ref.tell("more")
    turns()
    assert other.applied == ["news", "more"]


def test_a_timeout_that_a_handler_left_open_ends_nobody(worker: Worker, other: Worker, log_lines: list[str]) -> None:
    worker.ref.tell(lambda: gevent.Timeout.start_new(0.001))
    gevent.sleep(0.005)
    turns()
    for actor in (worker, other):
        actor.ref.tell("news")
    turns()
    assert worker.applied == other.applied == ["news"]
    assert any("something was raised between two turns" in line for line in log_lines)


def test_turns_go_on_after_their_greenlet_was_killed(worker: Worker) -> None:
    greenlets: list[Any] = []
    worker.ref.tell(lambda: greenlets.append(getcurrent()))
    turns()
    gevent.kill(greenlets.pop())
    turns()
    worker.ref.tell("news")
    turns()
    assert worker.applied == ["news"]


def test_a_flood_of_turns_lets_others_run(started: Started) -> None:
    actors = [started(Worker()) for _ in range(3)]
    left = 1000
    beats = 0

    def pass_on(number: int) -> None:
        nonlocal left
        left -= 1
        if left > 0:
            actors[number % 3].ref.tell(lambda: pass_on(number + 1))

    def beat() -> None:
        nonlocal beats
        while left > 0:
            beats += 1
            gevent.sleep(0)

    gevent.spawn(beat)
    pass_on(0)
    until(lambda: left <= 0)
    assert beats > 5


def test_each_hub_has_one_scheduler() -> None:
    assert Scheduler.current() is Scheduler.current()
    elsewhere = gevent.get_hub().threadpool.apply(lambda: id(Scheduler.current()))
    assert elsewhere != id(Scheduler.current())


# Workers


def test_a_worker_serves_the_next_actor(worker: Worker, other: Worker) -> None:
    served_by(worker, nothing)
    assert served_by(worker, nothing) == served_by(other, nothing)


def test_workers_are_counted_while_they_run_code(worker: Worker, other: Worker) -> None:
    before, proceed, killed = Scheduler.current().working, Event(), []

    def wait() -> None:
        killed.append(getcurrent())
        proceed.wait(LIMIT)

    for actor in (worker, other):
        actor.ref.tell(Job(wait))
    turns()
    assert Scheduler.current().working == before + 2
    gevent.kill(killed[0])
    turns()
    assert Scheduler.current().working == before + 1
    proceed.set()
    turns()
    assert Scheduler.current().working == before


def test_a_worker_that_has_waited_for_a_future_serves_the_next_actor_too(worker: Worker, other: Worker) -> None:
    future = GreenletFuture[str]()
    ids: list[int] = []

    def wait() -> None:
        ids.append(id(getcurrent()))
        future.get()  # it waits as code of another actor would

    Scheduler.current().run(wait)
    turns()
    future.set("there")
    turns()
    assert served_by(worker, nothing) == served_by(other, nothing) == ids


def _leave_a_timeout() -> None:
    gevent.Timeout.start_new(1000)


def _leave_a_local() -> None:
    values.mine = 1


def _leave_an_attribute() -> None:
    getcurrent().mine = 1


def _leave_a_reference() -> None:
    kept.append(getcurrent())


def _leave_a_weak_reference() -> None:
    kept.append(weakref.ref(getcurrent()))


def _leave_a_kill() -> None:
    gevent.spawn_later(0.001, gevent.kill, getcurrent())


values = local()
kept: list[Any] = []


@pytest.mark.parametrize(
    "leave",
    [_leave_a_timeout, _leave_a_local, _leave_an_attribute, _leave_a_reference, _leave_a_weak_reference, _leave_a_kill],
)
def test_a_worker_that_somebody_can_reach_serves_nobody_else(worker: Worker, other: Worker, leave: Any) -> None:
    first = served_by(worker, leave)
    ended: list[bool] = []
    second = served_by(other, lambda: ended.append(Event().wait(0.02)))
    until(lambda: ended)
    assert ended == [False]  # nothing struck it
    kept.clear()
    if leave in {_leave_a_timeout, _leave_a_reference, _leave_a_kill}:  # the first one lives still
        assert first != second


def test_values_of_context_variables_do_not_reach_the_next_actor(worker: Worker, other: Worker) -> None:
    variable: ContextVar[str] = ContextVar("variable", default="none")
    seen: list[str] = []
    first = served_by(worker, lambda: variable.set("mine"))
    second = served_by(other, lambda: seen.append(variable.get()))
    assert first == second
    assert seen == ["none"]


def test_a_local_value_does_not_reach_the_next_actor(worker: Worker, other: Worker) -> None:
    seen: list[Any] = []
    served_by(worker, _leave_a_local)
    served_by(other, lambda: seen.append(getattr(values, "mine", None)))
    assert seen == [None]


def test_a_tracer_that_knows_every_greenlet_by_a_weak_reference_leaves_workers_to_the_next() -> None:
    def traced() -> bool:
        greenlets: weakref.WeakSet[Any] = weakref.WeakSet()
        sys.setprofile(lambda *_event: greenlets.add(getcurrent()))
        try:
            return ran_aside(nothing) == ran_aside(nothing) and len(greenlets) > 1
        finally:
            sys.setprofile(None)

    assert gevent.get_hub().threadpool.apply(traced)


def test_a_killed_actor_takes_its_worker_with_it(worker: Worker, other: Worker) -> None:
    ran: list[str] = []
    worker.ref.tell(Job(gevent.sleep, LIMIT))
    turns()
    worker.ref.kill()
    other.ref.tell(Job(lambda: (gevent.sleep(0.002), ran.append("other"))))
    until(lambda: ran)
    assert ran == ["other"]


def test_a_timeout_while_a_wait_is_being_woken_does_not_wake_the_next_wait(worker: Worker) -> None:
    steps: list[str] = []

    def job() -> None:
        try:
            worker.wait_until(lambda: "go" in worker.applied, LIMIT)
        except gevent.Timeout:
            steps.append("timeout")
        began = gevent.get_hub().loop.now()
        gevent.sleep(0.01)
        gevent.get_hub().loop.update_now()
        steps.append("slept" if gevent.get_hub().loop.now() - began > 0.005 else "woken early")

    greenlets: list[Any] = []

    def noted() -> None:
        greenlets.append(getcurrent())
        job()

    worker.ref.tell(Job(noted))
    turns()
    worker.applied.append("go")
    gevent.kill(greenlets.pop(), gevent.Timeout())  # ends the wait …
    worker._wake()  # … while this is on its way
    until(lambda: len(steps) == 2)
    assert steps == ["timeout", "slept"]


def test_those_whose_turn_is_due_behind_a_handler_that_blocks_get_it(started: Started) -> None:
    gate = Event()
    first, second = started(Worker()), started(Worker())
    turns()
    first.ref.tell(lambda: gate.wait(LIMIT))
    second.ref.tell("news")
    turns()
    assert second.applied == ["news"]
    gate.set()


# Code that belongs to no actor


def ran_aside(function: Any) -> int:
    """Have a function run in a worker, and return the id of its greenlet."""
    ids: list[int] = []

    def noted() -> None:
        ids.append(id(getcurrent()))
        function()

    Scheduler.current().run(noted)
    until(lambda: bool(ids))
    turns()
    return ids[0]


def test_a_worker_that_ran_something_aside_serves_an_actor_next(worker: Worker) -> None:
    ran_aside(nothing)
    assert ran_aside(nothing) == served_by(worker, nothing)[0]


@pytest.mark.parametrize("leave", [_leave_a_timeout, _leave_a_local, _leave_a_reference, _leave_a_kill])
def test_a_worker_that_somebody_can_reach_after_it_ran_something_aside_serves_nobody(leave: Any) -> None:
    worker = Scheduler.current()
    ran_aside(nothing)
    before = len(worker._idle)
    ran_aside(leave)
    assert len(worker._idle) == before - 1
    kept.clear()


def test_workers_that_wait_end_when_they_are_dismissed_and_those_at_work_go_on() -> None:
    found, go_on, scheduler = list[Any](), Event(), Scheduler.current()
    scheduler.run(lambda: (found.append(getcurrent()), go_on.wait()))
    scheduler.run(nothing)
    turns()
    idle = [weakref.ref(each) for each in scheduler._idle]
    assert idle
    scheduler.dismiss()
    turns()
    assert [each() for each in idle] == [None] * len(idle)
    assert not found[0].dead
    go_on.set()
    turns()
    assert found[0].dead  # somebody knows of it
    assert ran_aside(nothing)


@pytest.mark.parametrize("error", [ValueError("no"), gevent.Timeout(1)])
def test_what_crashes_aside_is_logged_and_ends_nobody(error: BaseException, log_lines: list[str]) -> None:
    def crash() -> None:
        raise error

    ran_aside(crash)
    assert any("code that was run aside crashed" in line for line in log_lines)
    assert ran_aside(nothing)


def test_what_is_killed_aside_is_no_crash(log_lines: list[str]) -> None:
    waiting: list[Any] = []

    def wait() -> None:
        waiting.append(getcurrent())
        Event().wait()

    ran_aside(wait)
    gevent.kill(waiting.pop())
    turns()
    assert not log_lines
    assert ran_aside(nothing)


def test_code_that_runs_aside_is_no_actor() -> None:
    seen: list[Any] = []
    ran_aside(lambda: seen.append(running_actor()))
    assert seen == [None]


# What a parked call keeps


def test_a_worker_keeps_no_dict(worker: Worker) -> None:
    actors: list[Any] = []
    dicts: list[Any] = []

    def look() -> None:
        actors.append(getcurrent().relay_actor)
        dicts.extend(each for each in gc.get_referrers(worker) if isinstance(each, dict) and "relay_actor" in each)

    worker.ref.tell(Job(look))
    turns()
    assert actors == [worker]
    assert dicts == []
