"""Forks: in the child nothing of ours goes on, and everything else does."""

from __future__ import annotations

import os
from typing import Any

import gevent
import pytest
from doubles.forked import in_child, reaped, watch_children
from gevent.event import Event
from gevent.hub import get_hub

from relay_actors.kit import fork
from relay_actors.kit.future import GreenletFuture
from relay_actors.kit.scheduler import Scheduler
from relay_actors.kit.timer import Timer

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

LATER = 0.05


def ran_in_child(begin: Any) -> tuple[list[str], list[str]]:
    """Begin something, fork, and return what ran of it in the child and here, when it was due."""
    ran: list[str] = []
    begin(ran)
    gevent.sleep(0)

    def wait() -> list[str]:
        gevent.sleep(3 * LATER)
        return ran

    there = in_child(wait)
    gevent.sleep(3 * LATER)
    return there, ran


def asleep(ran: list[str]) -> None:
    gevent.sleep(LATER)
    ran.append("slept")


def timed_out(ran: list[str]) -> None:
    try:
        with gevent.Timeout(LATER):
            gevent.sleep(100)
    except gevent.Timeout:
        ran.append("timed out")


@pytest.mark.slow
def test_neither_a_greenlet_of_ours_nor_a_worker_goes_on_in_a_child_whatever_it_waits_for() -> None:
    for code in (asleep, timed_out):
        for begin in (
            lambda ran, code=code: fork.spawn(code, ran),
            lambda ran, code=code: Scheduler.current().run(code, ran),
        ):
            there, here = ran_in_child(begin)
            assert there == []
            assert len(here) == 1


@pytest.mark.slow
def test_an_event_of_the_app_resumes_no_code_of_ours_in_a_child() -> None:
    event, ran = Event(), []

    def code() -> None:
        event.wait()
        ran.append(1)

    Scheduler.current().run(code)
    gevent.sleep(0.01)

    def look() -> list[int]:
        event.set()
        gevent.sleep(0.02)
        return ran

    assert in_child(look) == []
    event.set()
    gevent.sleep(0.02)
    assert ran == [1]


def test_what_the_hub_is_about_to_do_for_us_is_not_done_in_a_child() -> None:
    future: GreenletFuture[str] = GreenletFuture()
    ran: list[str] = []
    waiting = gevent.spawn(lambda: ran.append(future.get()))
    gevent.sleep(0)
    future.resolve("result")  # the hub resumes a greenlet of the app for us
    fork.spawn(ran.append, "spawned")
    Scheduler.current().run(ran.append, "employed")

    def look() -> list[str]:
        gevent.sleep(0.02)
        return ran

    assert in_child(look) == []
    waiting.join()
    assert sorted(ran) == ["employed", "result", "spawned"]


@pytest.mark.slow
def test_timers_of_ours_are_gone_in_a_child_and_the_hub_has_nothing_left_to_do() -> None:
    ran: list[str] = []
    once, again = Timer(), Timer()
    once.call_after(LATER, ran.append, "once")
    again.call_after(LATER, ran.append, "again", repeat=True)
    waiting = gevent.spawn(GreenletFuture().wait, 0.2)
    gevent.sleep(0)

    def look() -> list[Any]:
        gevent.sleep(3 * LATER)
        return [ran, len(fork.timers), once.started]

    assert in_child(look) == [[], 0, True]
    gevent.sleep(3 * LATER)
    again.cancel()
    assert ran.count("once") == 1
    waiting.join()


@pytest.mark.slow
def test_greenlets_of_the_app_and_new_ones_of_ours_go_on_in_a_child() -> None:
    ran: list[str] = []
    app = gevent.spawn_later(LATER, ran.append, "app")

    def look() -> list[str]:
        Scheduler.current().run(asleep, ran)
        fork.spawn(timed_out, ran).join()
        gevent.sleep(3 * LATER)
        return sorted(ran)

    assert in_child(look) == ["app", "slept", "timed out"]
    app.join()


@pytest.mark.parametrize(
    ("error", "code"), [(None, 0), (SystemExit(3), 3), (SystemExit(), 0), (SystemExit("why"), 1), (ValueError("x"), 1)]
)
def test_a_child_ends_with_the_code_that_has_forked_it(error: BaseException | None, code: int) -> None:
    children: list[Any] = []
    came_back: list[int] = []

    def work() -> None:
        pid = os.fork()
        if pid:
            children.append(reaped(pid))
        elif error is not None:
            raise error

    def code_of_the_app() -> None:
        try:
            work()
        finally:
            came_back.append(os.getpid())

    watch_children()
    Scheduler.current().run(code_of_the_app)
    with gevent.Timeout(60):
        while not children:
            gevent.sleep(0.001)
    assert children[0].get(timeout=60) == code
    assert came_back == [os.getpid()]


def test_an_epoch_ends_with_a_fork_for_the_child_alone() -> None:
    before = fork.epoch()
    assert in_child(lambda: [before.over, fork.epoch() is before]) == [True, False]
    assert not before.over
    assert get_hub().loop is not None


def test_what_is_about_to_resume_a_greenlet_can_be_taken_back() -> None:
    ran: list[str] = []

    def park(name: str) -> None:
        get_hub().switch()
        ran.append(name)

    parked = {name: gevent.spawn(park, name) for name in ("one", "two")}
    gevent.sleep(0)
    for greenlet in parked.values():
        get_hub().loop.run_callback(fork.resume, greenlet)
    fork.take_back(get_hub(), parked["one"])
    gevent.sleep(0.01)
    assert ran == ["two"]
    parked["one"].kill()
