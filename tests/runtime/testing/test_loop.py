"""The loop of a test: timers as gevent uses them, and everything else as the loop itself has it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import gevent
import pytest
from gevent.hub import get_hub

from relay_actors.kit import fork
from relay_actors.kit.timer import Timer
from relay_runtime.testing import loop as of_loop
from relay_runtime.testing.loop import VirtualLoop
from relay_runtime.testing.virtual import VirtualTimeOver, virtual_time


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    with virtual_time():
        yield get_hub().loop


def test_a_timer_is_active_until_it_has_fired(loop: VirtualLoop) -> None:
    fired: list[int] = []
    timer = loop.timer(5)
    assert not timer.active
    timer.start(fired.append, 1)
    assert (timer.active, timer.pending) == (True, False)
    gevent.sleep(6)
    assert fired == [1]
    assert not timer.active
    timer.start(fired.append, 2)
    gevent.sleep(6)
    assert fired == [1, 2]


def test_a_timer_that_is_started_again_while_it_waits_keeps_its_time_and_takes_the_new_callback(
    loop: VirtualLoop,
) -> None:
    fired: list[int] = []
    timer = loop.timer(5)
    timer.start(fired.append, 1)
    gevent.sleep(3)
    timer.start(fired.append, 2)
    gevent.sleep(2.5)
    assert fired == [2]


def test_again_begins_anew_with_the_seconds_of_the_repetition(loop: VirtualLoop) -> None:
    fired: list[float] = []
    timer = loop.timer(5, 3)
    timer.start(lambda: fired.append(loop.now()))
    gevent.sleep(1)
    timer.again(lambda: fired.append(loop.now()))
    gevent.sleep(7)
    timer.close()
    gevent.sleep(7)
    assert fired == [4, 7]


def test_a_timer_that_stops_itself_does_not_repeat(loop: VirtualLoop) -> None:
    fired: list[int] = []
    timer = loop.timer(1, 1)

    def fire() -> None:
        fired.append(1)
        timer.stop()

    timer.start(fire)
    gevent.sleep(10)
    assert fired == [1]


def test_a_timer_that_was_stopped_and_started_fires_once(loop: VirtualLoop) -> None:
    fired: list[int] = []
    timer = loop.timer(5)
    for number in range(3):
        timer.start(fired.append, number)
        timer.stop()
    timer.start(fired.append, 7)
    gevent.sleep(20)
    assert fired == [7]


@pytest.mark.parametrize("wrong", [None, 7])
def test_what_is_started_can_be_called(loop: VirtualLoop, wrong: object) -> None:
    with pytest.raises(TypeError, match="callable"):
        loop.timer(5).start(wrong)


def test_a_negative_repetition_is_refused(loop: VirtualLoop) -> None:
    with pytest.raises(ValueError, match="repeat"):
        loop.timer(5, -1)


def test_a_timer_that_nobody_waits_for_keeps_no_hub_alive() -> None:
    def in_a_hub_of_its_own() -> float:
        with virtual_time():
            loop = get_hub().loop
            timer = loop.timer(5, ref=False)
            timer.start(int)
            with pytest.raises(gevent.hub.LoopExit):
                gevent.event.Event().wait()
            timer.stop()
            gevent.sleep(1)
            now: float = loop.now()
            return now

    assert get_hub().threadpool.apply(in_a_hub_of_its_own) == 1


@pytest.mark.slow
def test_many_timers_that_were_cancelled_are_forgotten(loop: VirtualLoop) -> None:
    for _ in range(5_000):
        with gevent.Timeout(1_000):
            pass
    assert len(loop._heap) < 3_000
    gevent.sleep(1)
    assert loop.now() == 1


def test_a_moment_lets_all_others_run_and_takes_no_time(loop: VirtualLoop) -> None:
    ran: list[int] = []
    loop.run_callback(lambda: loop.run_callback(ran.append, 1))
    gevent.sleep(1e-6)
    assert ran == [1]
    assert loop.now() == 0


def test_waits_that_are_added_up_come_to_their_sum(loop: VirtualLoop) -> None:
    for _ in range(1_000):
        gevent.sleep(0.1)
    assert loop.now() == 100


@pytest.mark.parametrize("seconds", [1e-9, 7e-15, 1e-7, 2e-6])
def test_who_waits_for_however_little_comes_on(loop: VirtualLoop, seconds: float) -> None:
    gevent.sleep(seconds)
    assert 0 < loop.now() <= 2e-6


def test_a_wait_without_end_is_a_long_one(loop: VirtualLoop) -> None:
    timer = loop.timer(float("inf"))
    timer.start(int)
    gevent.sleep(1)
    timer.close()
    assert loop.now() == 1


def test_errors_are_told_to_the_hub_as_before(loop: VirtualLoop) -> None:
    handler = loop.error_handler
    loop.error_handler = handler
    assert loop.error_handler is handler
    assert loop.default == loop._loop.default


def test_the_hub_begins_to_run_in_virtual_time() -> None:
    def in_a_fresh_hub() -> float:
        with virtual_time() as owned:
            gevent.sleep(100)
            return owned.now()

    assert gevent.get_hub().threadpool.apply(in_a_fresh_hub) == 100


def test_code_that_waits_by_moments_alone_comes_on(loop: VirtualLoop) -> None:
    done = gevent.spawn_later(0.000_001_5, int)
    while not done.dead:
        gevent.sleep(1e-6)
    assert 0 < loop.now() < 1


@pytest.mark.slow
def test_code_that_spins_with_nothing_to_wait_for_is_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_loop, "_SPIN", 1_000)
    with pytest.raises(VirtualTimeOver), virtual_time(limit=5):
        while True:
            gevent.sleep(0)


def test_a_child_of_a_fork_leaves_the_timers_to_its_parent(loop: VirtualLoop) -> None:
    timer = Timer()
    timer.call_after(5, int)
    child = os.fork()
    if child == 0:
        os._exit(len(fork.timers))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    timer.cancel()
