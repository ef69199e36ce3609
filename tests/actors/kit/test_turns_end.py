"""Crashes of user code, the end of its actor, and any order of both."""

from __future__ import annotations

import gevent
import pykka
import pytest
from doubles.actors import Collector
from doubles.examples import examples
from doubles.hub import LIMIT, turns, until
from doubles.started import Started
from doubles.worker import Job, Worker
from gevent.event import Event
from hypothesis import given, settings
from hypothesis import strategies as st

from relay_actors.kit.actor import Down


@pytest.fixture
def worker(started: Started) -> Worker:
    return started(Worker())


# Crashes and the end


@pytest.mark.parametrize("error", [KeyError("x"), gevent.Timeout(), SystemExit(1), gevent.GreenletExit()])
def test_a_crash_ends_its_job_and_nothing_else(worker: Worker, error: BaseException) -> None:
    ran: list[str] = []

    def crash() -> None:
        raise error

    worker.ref.tell(Job(crash))
    worker.ref.tell(Job(ran.append, "next"))
    turns()
    assert worker.crashes == [error]
    assert ran == ["next"]
    assert worker.ref.is_alive()


def test_a_hook_that_crashes_does_not_end_the_main_program(worker: Worker) -> None:
    got: list[bool] = []
    worker.ref.tell(Job(lambda: got.append(worker.wait_until(lambda: "go" in worker.applied, LIMIT)), hosting=True))
    worker.ref.tell(Job(lambda: 1 / 0))
    turns()
    worker.ref.tell("go")
    turns()
    assert [type(error) for error in worker.crashes] == [ZeroDivisionError]
    assert got == [True]


def test_ctrl_c_in_user_code_reaches_the_main_greenlet(worker: Worker) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    worker.ref.tell(Job(interrupted))
    with pytest.raises(KeyboardInterrupt):
        gevent.sleep(LIMIT)
    assert worker.ref.is_alive()


def test_ctrl_c_in_a_handler_reaches_the_main_greenlet_and_ends_that_actor(worker: Worker) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    worker.ref.tell(interrupted)
    with pytest.raises(KeyboardInterrupt):
        gevent.sleep(LIMIT)
    assert not worker.ref.is_alive()


def test_a_handler_that_fails_ends_the_actor_and_its_watchers_are_told(worker: Worker, started: Started) -> None:
    watcher = started(Collector())
    worker.ref.monitor(watcher.ref)
    worker.ref.tell(lambda: 1 / 0)
    turns()
    assert [type(down.reason) for down in watcher.of(Down)] == [ZeroDivisionError]


def test_a_stop_ends_an_idle_actor(worker: Worker) -> None:
    assert worker.ref.stop(timeout=LIMIT) is True
    assert not worker.ref.is_alive()


def test_a_killed_actor_runs_no_further_job_and_answers_what_is_asked(worker: Worker) -> None:
    ran: list[str] = []
    gate = Event()
    worker.ref.tell(Job(gate.wait, LIMIT))
    worker.ref.tell(Job(ran.append, "after"))
    turns()
    answer = worker.ref.request("question")
    worker.ref.kill()
    gate.set()
    turns()
    assert ran == []
    assert worker.crashes == []
    with pytest.raises(pykka.ActorDeadError):
        answer.get(timeout=0)


def test_a_kill_ends_user_code_that_blocks(worker: Worker) -> None:
    ended: list[str] = []

    def job() -> None:
        try:
            gevent.sleep(LIMIT)
        finally:
            ended.append("cleaned up")

    worker.ref.tell(Job(job))
    turns()
    worker.ref.kill()
    turns()
    assert ended == ["cleaned up"]


def test_a_kill_ends_the_main_program_below_the_hook_that_runs(worker: Worker) -> None:
    """The kill arrives in the innermost job; the one that hosts it must not go on."""
    ended: list[str] = []

    def main() -> None:
        try:
            worker.wait_until(lambda: False, None)
        finally:
            ended.append("main")

    def hook() -> None:
        try:
            gevent.sleep(LIMIT)
        finally:
            ended.append("hook")

    worker.ref.tell(Job(main, hosting=True))
    worker.ref.tell(Job(hook))
    turns()
    worker.ref.kill()
    turns()
    assert ended == ["hook", "main"]


def test_a_wait_in_a_dead_actor_does_not_hang(worker: Worker) -> None:
    """User code that survives the death of its actor finds no mailbox that could ever wake it."""
    ended: list[str] = []
    gate = Event()

    def job() -> None:
        gate.wait(LIMIT)
        try:
            worker.wait_until(lambda: False, None)
        finally:
            ended.append("job")

    worker.ref.tell(Job(job))
    turns()
    worker.ref.tell(lambda: 1 / 0)
    turns()
    assert not worker.ref.is_alive()
    gate.set()
    turns()
    assert ended == ["job"]


STEPS = st.lists(
    st.sampled_from(["tell", "job", "sleeper", "waiter", "timeout", "crash", "hosting", "turn", "release"]), max_size=30
).filter(lambda steps: steps.count("hosting") <= 1)  # an actor has one main program


@settings(max_examples=examples(150), deadline=None)
@given(steps=STEPS)
@pytest.mark.slow
def test_whatever_comes_user_code_runs_alone_and_everything_is_applied(steps: list[str]) -> None:
    worker, gate, told = Worker(), Event(), 0
    worker.launch()
    for step in [*steps, "release", "tell"]:
        if step == "tell":
            worker.ref.tell(told)
            told += 1
        elif step == "turn":
            turns(2)
        elif step == "release":
            gate.set()
            turns(2)
            gate.clear()
        else:
            worker.ref.tell(
                {
                    "job": Job(lambda: None),
                    "sleeper": Job(gevent.sleep, 0),
                    "waiter": Job(gate.wait, 0.002),
                    "timeout": Job(worker.wait_until, lambda: False, 0.0005),
                    "crash": Job(lambda: 1 / 0),
                    "hosting": Job(worker.wait_until, lambda: False, 0.001, hosting=True),
                }[step]
            )
    until(lambda: len(worker.applied) == told and not worker._jobs and worker._worker is None, "quiet")
    assert worker.applied == list(range(told))
    assert worker.most_running <= 1 + ("hosting" in steps)
    assert len(worker.crashes) == steps.count("crash")
    assert len(worker.mailbox) == 0
    worker.ref.kill()


def test_user_code_runs_at_most_once_at_a_time_from_many_greenlets(worker: Worker) -> None:
    most: list[int] = []
    inside = 0

    def job() -> None:
        nonlocal inside
        inside += 1
        most.append(inside)
        gevent.sleep(0)
        inside -= 1

    tellers = [gevent.spawn(lambda: [worker.ref.tell(Job(job)) for _ in range(10)]) for _ in range(10)]
    gevent.joinall(tellers)
    until(lambda: len(most) == 100)
    assert set(most) == {1}
