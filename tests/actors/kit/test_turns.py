"""Turns: user code runs alone, hooks run while it waits, and state is never stale."""

from __future__ import annotations

from typing import Any

import gevent
import pytest
from doubles.hub import LIMIT, active_watchers, turns, until
from doubles.started import Started
from doubles.worker import Job, Worker
from gevent.event import Event

from relay_actors.kit.future import GreenletFuture
from relay_actors.kit.turns import running_actor


@pytest.fixture
def worker(started: Started) -> Worker:
    return started(Worker())


# Turns


def test_an_idle_actor_has_no_greenlet(worker: Worker) -> None:
    worker.ref.tell("hello")
    turns()
    assert worker.applied == ["hello"]
    assert worker._worker is None
    assert worker._loop_greenlet is None


def test_an_actor_without_mail_keeps_no_list_for_it(worker: Worker) -> None:
    worker.ref.tell("hello")
    turns()
    assert worker.mailbox.items is None
    assert worker.mailbox.empty()
    assert len(worker.mailbox) == 0
    with pytest.raises(IndexError):
        worker.mailbox.pop()


def test_messages_are_applied_in_the_order_of_their_coming(worker: Worker) -> None:
    for number in range(100):
        worker.ref.tell(number)
        if number % 7 == 0:
            turns(2)
    turns()
    assert worker.applied == list(range(100))


def test_an_ask_is_answered(worker: Worker) -> None:
    assert worker.ref.ask(lambda: 42, timeout=LIMIT) == 42


def test_what_was_queued_before_the_launch_runs_first(started: Started) -> None:
    actor, ran = Worker(), []
    actor.on_receive(Job(ran.append, "first"))
    started.adopt(actor)
    actor.launch()
    actor.ref.tell(Job(ran.append, "second"))
    turns()
    assert ran == ["first", "second"]


def test_the_running_actor_is_known_to_its_code_only(worker: Worker) -> None:
    seen: list[Any] = []
    worker.ref.tell(Job(lambda: seen.append(running_actor())))
    turns()
    assert seen == [worker]
    assert running_actor() is None


# User code never runs twice at the same time


def test_jobs_run_one_after_another_even_when_they_block(worker: Worker) -> None:
    ran: list[str] = []

    def job(name: str) -> None:
        ran.append(f"{name} begins")
        gevent.sleep(0.001)
        ran.append(f"{name} ends")

    for name in "abc":
        worker.ref.tell(Job(job, name))
        turns(2)
    until(lambda: len(ran) == 6)
    assert ran == [f"{name} {what}" for name in "abc" for what in ("begins", "ends")]


def test_a_hook_runs_while_the_main_program_waits_and_not_before(worker: Worker) -> None:
    ran: list[str] = []

    def main() -> None:
        ran.append("main sleeps")
        gevent.sleep(0.002)
        ran.append("main waits")
        worker.wait_until(lambda: "go" in worker.applied, LIMIT)
        ran.append("main ends")

    worker.ref.tell(Job(main, hosting=True))
    turns(2)
    worker.ref.tell(Job(lambda: ran.append("hook")))
    until(lambda: "hook" in ran)
    worker.ref.tell("go")
    turns()
    assert ran == ["main sleeps", "main waits", "hook", "main ends"]


def test_a_hook_is_not_interrupted_by_another_even_when_it_waits(worker: Worker) -> None:
    ran: list[str] = []

    def hook(name: str, until_told: str) -> None:
        ran.append(f"{name} begins")
        assert worker.wait_until(lambda: until_told in worker.applied, LIMIT)
        ran.append(f"{name} ends")

    worker.ref.tell(Job(lambda: worker.wait_until(lambda: "over" in worker.applied, LIMIT), hosting=True))
    for name in "ab":
        worker.ref.tell(Job(hook, name, f"end {name}"))
    turns()
    worker.ref.tell("end b")
    turns()
    assert ran == ["a begins"]
    worker.ref.tell("end a")
    turns()
    assert ran == ["a begins", "a ends", "b begins", "b ends"]
    worker.ref.tell("over")
    turns()
    assert worker.most_running == 2  # the main program, parked, and one hook


def test_a_hook_that_blocks_holds_up_the_main_program(worker: Worker) -> None:
    ran: list[str] = []
    gate = Event()

    def main() -> None:
        worker.wait_until(lambda: "go" in worker.applied, LIMIT)
        ran.append("main")

    def hook() -> None:
        gate.wait(LIMIT)
        ran.append("hook")

    worker.ref.tell(Job(main, hosting=True))
    worker.ref.tell(Job(hook))
    turns()
    worker.ref.tell("go")
    turns()
    assert ran == []
    gate.set()
    turns()
    assert ran == ["hook", "main"]


# State is never stale


def test_messages_are_applied_while_user_code_blocks_elsewhere(worker: Worker) -> None:
    gate = Event()
    worker.ref.tell(Job(gate.wait, LIMIT))
    turns()
    worker.ref.tell("news")
    turns()
    assert worker.applied == ["news"]
    assert worker.ref.ask(lambda: "served", timeout=LIMIT) == "served"
    gate.set()


def test_messages_are_applied_after_a_wait_has_timed_out(worker: Worker) -> None:
    gate = Event()

    def job() -> None:
        assert not worker.wait_until(lambda: False, 0.001)
        over.set()
        gate.wait(LIMIT)

    over = Event()
    worker.ref.tell(Job(job))
    assert over.wait(LIMIT)
    worker.ref.tell("news")
    turns()
    assert worker.applied == ["news"]
    gate.set()


def test_messages_are_applied_after_a_wait_was_broken_off(worker: Worker) -> None:
    gate = Event()

    def job() -> None:
        with gevent.Timeout(0.001, False):
            worker.wait_until(lambda: False, None)
        over.set()
        gate.wait(LIMIT)

    over = Event()
    worker.ref.tell(Job(job))
    assert over.wait(LIMIT)
    worker.ref.tell("news")
    turns()
    assert worker.applied == ["news"]
    gate.set()


def test_an_actor_hears_on_after_its_last_job_timed_out(worker: Worker) -> None:
    worker.ref.tell(Job(worker.wait_until, lambda: False, 0.001))
    until(lambda: worker.idle)
    for number in range(3):
        worker.ref.tell(number)
        turns()
    assert worker.applied == [0, 1, 2]


def test_a_wait_that_begins_while_a_turn_is_on_its_way_is_not_missed(worker: Worker) -> None:
    """Mail for a worker that runs begins a turn; when the worker parks before that turn, both listen at once."""
    ended: list[bool] = []

    def job() -> None:
        gevent.sleep(0)
        worker.ref.tell("first")  # begins a turn, which runs when this greenlet parks
        ended.append(worker.wait_until(lambda: "second" in worker.applied, LIMIT))

    worker.ref.tell(Job(job))
    turns()
    worker.ref.tell("second")
    turns()
    assert ended == [True]


def test_a_future_wakes_a_worker_that_parked_behind_a_turn(worker: Worker) -> None:
    future: GreenletFuture[int] = GreenletFuture()
    got: list[bool] = []

    def job() -> None:
        worker.ref.tell("noise")
        got.append(worker.wait_for_future(future, LIMIT))

    worker.ref.tell(Job(job))
    turns()
    future.set(1)
    turns()
    assert got == [True]


# Waiting


def test_a_wait_whose_condition_holds_does_not_park(worker: Worker) -> None:
    got: list[bool] = []
    worker.ref.tell(Job(lambda: got.append(worker.wait_until(lambda: True, 0))))
    turns(3)
    assert got == [True]


@pytest.mark.parametrize("timeout", [-1, 0, 0.001])
def test_a_wait_ends_at_its_deadline(worker: Worker, timeout: float) -> None:
    got: list[bool] = []
    worker.ref.tell(Job(lambda: got.append(worker.wait_until(lambda: False, timeout))))
    until(lambda: got)
    assert got == [False]


def test_a_wait_ends_at_its_deadline_though_hooks_never_stop(worker: Worker) -> None:
    """Hooks that queue more hooks must not keep a wait from ending."""
    got: list[bool] = []

    def hook() -> None:
        gevent.sleep(0.0005)
        if not got:
            worker.enqueue(hook)

    worker.ref.tell(Job(lambda: got.append(worker.wait_until(lambda: False, 0.01)), hosting=True))
    worker.ref.tell(Job(hook))
    until(lambda: got, "the end of the wait", limit=2)
    assert got == [False]


def test_a_wait_from_outside_parks_the_caller_alone(worker: Worker) -> None:
    future: GreenletFuture[int] = GreenletFuture()
    outside = gevent.spawn(worker.wait_for_future, future, LIMIT)
    turns()
    assert worker.ref.ask(lambda: "served", timeout=LIMIT) == "served"
    future.set(1)
    assert outside.get(timeout=LIMIT) is True


def test_a_greenlet_that_user_code_spawns_is_outside(worker: Worker) -> None:
    seen: list[bool] = []

    def job() -> None:
        seen.append(worker.inside)
        gevent.spawn(lambda: seen.append(worker.inside)).join()

    worker.ref.tell(Job(job))
    turns()
    assert seen == [True, False]
    assert not worker.inside


def test_waits_that_time_out_leave_no_callback_on_the_future(worker: Worker) -> None:
    future: GreenletFuture[int] = GreenletFuture()

    def job() -> None:
        for _ in range(20):
            worker.wait_for_future(future, 0)

    worker.ref.tell(Job(job))
    until(lambda: worker.idle)
    assert future._callback is None
    assert not future._callbacks


def test_waits_leave_no_timer_behind(worker: Worker) -> None:
    active = active_watchers()
    worker.ref.tell(Job(worker.wait_until, lambda: "go" in worker.applied, 1000))
    turns()
    assert active_watchers() > active
    worker.ref.tell("go")
    until(lambda: worker.idle)
    assert active_watchers() == active
