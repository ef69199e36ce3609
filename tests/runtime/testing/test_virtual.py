"""Virtual time: what waits waits for it, in order, and it is gone when the block is left."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import gevent
import pytest
from gevent.event import AsyncResult, Event
from gevent.hub import LoopExit, get_hub
from gevent.queue import Empty, Queue
from gevent.threadpool import ThreadPool

from relay_actors.kit import clock, ids
from relay_actors.kit.timer import Timer
from relay_runtime.testing.virtual import BEGINNING, VirtualClock, VirtualTimeOver, virtual_time


@pytest.fixture
def owned() -> Iterator[VirtualClock]:
    with virtual_time() as owned:
        yield owned


def test_a_sleep_of_a_day_is_over_at_once(owned: VirtualClock) -> None:
    began = time.monotonic()
    gevent.sleep(86_000)
    assert owned.now() == 86_000
    assert clock.monotonic() == 86_000
    assert clock.wall() == BEGINNING + 86_000
    assert time.monotonic() - began < 60


def test_sleepers_wake_in_the_order_of_their_time(owned: VirtualClock) -> None:
    woken: list[tuple[float, int]] = []

    def sleeper(number: int, seconds: float) -> None:
        gevent.sleep(seconds)
        woken.append((owned.now(), number))

    gevent.joinall([gevent.spawn(sleeper, number, seconds) for number, seconds in enumerate([30, 10, 20, 10, 0])])
    assert woken == [(0, 4), (10, 1), (10, 3), (20, 2), (30, 0)]


def test_timeouts_of_gevent_are_virtual(owned: VirtualClock) -> None:
    with pytest.raises(gevent.Timeout), gevent.Timeout(30):
        Event().wait()
    assert owned.now() == 30
    assert not Event().wait(10)
    with pytest.raises(Empty):
        Queue().get(timeout=10)
    with pytest.raises(gevent.Timeout):
        AsyncResult().get(timeout=10)
    assert owned.now() == 60
    with gevent.Timeout(5):
        gevent.sleep(4)
    gevent.sleep(100)  # the timeout that was closed does not come
    assert owned.now() == 164


def test_a_timer_that_repeats_fires_until_it_is_cancelled(owned: VirtualClock) -> None:
    fired: list[float] = []
    timer = Timer()
    timer.call_after(10, lambda: fired.append(owned.now()), repeat=True)
    gevent.sleep(35)
    timer.cancel()
    gevent.sleep(35)
    assert fired == [10, 20, 30]


def test_what_is_due_at_one_moment_fires_in_the_order_in_which_it_was_set(owned: VirtualClock) -> None:
    fired: list[int] = []
    timers = [Timer() for _ in range(20)]
    for number, timer in enumerate(timers):
        timer.call_after(5, fired.append, number)
    timers[3].cancel()
    timers[4].call_after(5, fired.append, 4)
    gevent.sleep(5)
    gevent.sleep(0)
    assert fired == [number for number in range(20) if number not in {3, 4}] + [4]


def test_an_error_in_a_callback_ends_nothing(owned: VirtualClock, capsys: pytest.CaptureFixture[str]) -> None:
    timer = Timer()
    timer.call_after(1, lambda: 1 / 0)
    gevent.sleep(2)
    assert owned.now() == 2
    assert "ZeroDivisionError" in capsys.readouterr().err


@pytest.mark.parametrize("pool", ["the hub's", "another one"])
@pytest.mark.slow
def test_the_time_stands_still_while_a_thread_works(owned: VirtualClock, pool: str) -> None:
    threads = get_hub().threadpool if pool == "the hub's" else ThreadPool(2)
    proceed = threading.Event()
    other = gevent.spawn(gevent.sleep, 1000)
    work = [threads.spawn(proceed.wait, 30) for _ in range(2)]
    real = get_hub().loop.real_timer(0.05)
    real.start(proceed.set)
    assert [each.get() for each in work] == [True, True]
    assert owned.now() == 0
    real.close()
    other.join()
    assert owned.now() == 1000


def test_a_thread_that_raises_lets_the_time_go_on(owned: VirtualClock) -> None:
    with pytest.raises(ZeroDivisionError):
        get_hub().threadpool.apply(lambda: 1 / 0)
    gevent.sleep(10)
    assert owned.now() == 10


@pytest.mark.slow
def test_code_that_waits_by_giving_others_their_turn_is_waited_for(owned: VirtualClock) -> None:
    done: list[int] = []
    gevent.spawn_later(50, done.append, 1)
    while not done:
        gevent.sleep(0)
    assert owned.now() == 50


def test_a_wait_for_what_never_comes_ends() -> None:
    def in_a_hub_of_its_own() -> float:
        with virtual_time() as owned:
            with pytest.raises(LoopExit):
                Event().wait()
            return owned.now()

    assert get_hub().threadpool.apply(in_a_hub_of_its_own) == 0


def test_whoever_waits_for_too_long_is_interrupted() -> None:
    with pytest.raises(VirtualTimeOver, match="100 virtual seconds have passed"), virtual_time(limit=100) as owned:
        timer = Timer()
        timer.call_after(7, int, repeat=True)  # as pings are: the loop never has nothing to do
        try:
            Event().wait()
        finally:
            assert owned.now() == 98
            timer.cancel()


def test_the_time_is_real_again_behind_the_block() -> None:
    loop = get_hub().loop
    with pytest.raises(KeyError), virtual_time():
        gevent.sleep(500)
        raise KeyError
    assert get_hub().loop is loop
    assert not clock.is_run_by_a_test()
    assert abs(clock.wall() - time.time()) < 3600
    before = time.monotonic()
    gevent.sleep(0.02)
    assert time.monotonic() - before >= 0.019


@pytest.mark.slow
def test_what_still_waits_behind_the_block_does_not_wait_for_ever() -> None:
    fired: list[int] = []
    with virtual_time():
        sleeper = gevent.spawn(gevent.sleep, 100.02)
        timeout = gevent.Timeout(5000)
        kept = get_hub().loop.timer(0.01)
        again = Timer()
        again.call_after(0.01, fired.append, 1, repeat=True)
        gevent.sleep(100)
        fired.clear()
        loop = get_hub().loop
    assert not sleeper.ready()
    sleeper.join()
    while len(fired) < 3:
        gevent.sleep(0.01)
    again.cancel()
    del fired[:]
    gevent.sleep(0.03)
    assert fired == []
    kept.start(fired.append, 2)
    later = loop.timer(0.01)
    later.start(fired.append, 3)
    gevent.sleep(0.05)
    assert sorted(fired) == [2, 3]
    timeout.close()


def test_a_second_owner_is_refused(owned: VirtualClock) -> None:
    with pytest.raises(RuntimeError, match="owns the time of this process already"), virtual_time():
        pass
    assert clock.is_run_by_a_test()
    gevent.sleep(3)
    assert owned.now() == 3


def test_ids_follow_from_the_seed() -> None:
    made = []
    for seed in (1, 1, 2):
        with virtual_time(seed=seed):
            made.append([ids.new_id() for _ in range(3)])
    assert made[0] == made[1] != made[2]


def test_another_thread_has_its_own_waits_in_real_time(owned: VirtualClock) -> None:
    slept: list[float] = []

    def work() -> None:
        before = time.monotonic()
        gevent.sleep(0.02)
        slept.append(time.monotonic() - before)

    get_hub().threadpool.apply(work)
    assert slept[0] >= 0.019
    assert owned.now() == 0
