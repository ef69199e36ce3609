from __future__ import annotations

from typing import Any

import gevent
import pykka
import pytest
from doubles.actors import Collector
from doubles.hub import LIMIT, active_watchers, turns, until
from doubles.started import Started
from gevent.event import Event
from hypothesis import given, settings
from hypothesis import strategies as st

from relay_actors.future import GreenletFuture
from relay_actors.greenlet import Down
from relay_actors.turns import TurnActor, running_actor


class Job:
    """A message: a piece of user code to run."""

    def __init__(self, function: Any, *args: Any, hosting: bool = False) -> None:
        self.function = function
        self.args = args
        self.hosting = hosting


class Worker(TurnActor):
    """Keeps what it is told; a `Job` is queued; a function is called at once, as a handler."""

    def __init__(self) -> None:
        super().__init__()
        self.applied: list[Any] = []
        self.crashes: list[BaseException] = []
        self.idle = 0
        self.running = 0
        self.most_running = 0

    def on_receive(self, message: Any) -> Any:
        if isinstance(message, Job):
            self.enqueue(self._count, message.function, *message.args, hosting=message.hosting)
        elif callable(message):
            return message()
        else:
            self.applied.append(message)
        return None

    def _count(self, function: Any, *args: Any) -> None:
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            function(*args)
        finally:
            self.running -= 1

    def on_idle(self) -> None:
        self.idle += 1

    def on_crash(self, error: BaseException) -> None:
        self.crashes.append(error)


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
    assert not future._callbacks


def test_waits_leave_no_timer_behind(worker: Worker) -> None:
    active = active_watchers()
    worker.ref.tell(Job(worker.wait_until, lambda: "go" in worker.applied, 1000))
    turns()
    assert active_watchers() > active
    worker.ref.tell("go")
    until(lambda: worker.idle)
    assert active_watchers() == active


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


@settings(max_examples=150, deadline=None)
@given(steps=STEPS)
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
