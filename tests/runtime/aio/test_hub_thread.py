"""The thread of the hub: functions come to it in batches, and its end is told."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import gevent
import pytest
from doubles.awaited import LIMIT
from gevent.hub import get_hub

from relay_runtime.aio.hub_thread import HubThread, refuse_patched_threads


class Waker:
    """What wakes the hub, with a count."""

    def __init__(self, of: Any) -> None:
        self.count = 0
        self.close = of.close
        self._of = of

    def send(self) -> None:
        self.count += 1
        self._of.send()


class Kept(HubThread):
    """Keeps what was told of its end."""

    def __init__(self) -> None:
        super().__init__(self._note)
        self.ends: list[BaseException | None] = []

    def _note(self, error: BaseException | None) -> None:
        self.ends.append(error)

    def do(self, function: Callable[[], Any]) -> Any:
        """Run a function in the thread and return its result."""
        results: list[Any] = []
        done = threading.Event()
        assert self.send(lambda: (results.append(function()), done.set()))
        assert done.wait(LIMIT)
        return results[0]


@pytest.fixture
def thread() -> Iterator[Kept]:
    thread = Kept()
    thread.start()
    yield thread
    thread.stop()
    thread.join(LIMIT)


def held(thread: Kept) -> threading.Event:
    """Keep the hub busy, elsewhere than with what it was sent, until the event that is returned is set."""
    busy, release = threading.Event(), threading.Event()
    thread.send(gevent.spawn, lambda: (busy.set(), release.wait(LIMIT)))
    assert busy.wait(LIMIT)
    return release


def test_functions_run_in_the_thread_on_a_hub_of_its_own(thread: Kept) -> None:
    assert thread.do(lambda: threading.current_thread().name) == "relay-runtime"
    assert thread.do(get_hub) is not get_hub()


def test_functions_run_in_their_order_with_their_arguments(thread: Kept) -> None:
    taken: list[int] = []
    for number in range(100):
        thread.send(taken.append, number)
    thread.do(lambda: None)
    assert taken == list(range(100))


def test_however_many_functions_wait_the_hub_is_woken_once(thread: Kept) -> None:
    release = held(thread)
    waker = thread._waker = Waker(thread._waker)
    taken: list[int] = []
    for number in range(1000):
        thread.send(taken.append, number)
    assert waker.count == 1
    release.set()
    thread.do(lambda: None)
    assert len(taken) == 1000


def test_a_function_that_raises_keeps_none_behind_it_waiting(thread: Kept, capsys: pytest.CaptureFixture[str]) -> None:
    release, behind = held(thread), threading.Event()
    thread.send(lambda: 1 / 0)
    thread.send(behind.set)
    release.set()
    assert behind.wait(LIMIT)
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_functions_from_many_threads_all_run(thread: Kept) -> None:
    taken: list[int] = []
    senders = [threading.Thread(target=lambda: [thread.send(taken.append, 1) for _ in range(500)]) for _ in range(4)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(LIMIT)
    thread.do(lambda: None)
    assert len(taken) == 2000


def test_a_thread_that_was_stopped_takes_nothing_and_tells_that_nothing_failed() -> None:
    thread = Kept()
    thread.start()
    assert thread.alive
    thread.stop()
    thread.stop()
    thread.join(LIMIT)
    assert not thread.alive
    assert not thread.send(pytest.fail)
    assert thread.ends == [None]


def test_what_kills_the_hub_is_told_and_the_thread_ends_whoever_still_waits_in_it() -> None:
    thread = Kept()
    thread.start()
    thread.do(lambda: gevent.spawn(gevent.sleep, 1000))

    def die() -> None:
        raise SystemExit(7)

    thread.send(die)
    thread.join(LIMIT)
    (error,) = thread.ends
    assert isinstance(error, SystemExit)
    assert not thread.alive
    assert not thread._thread.is_alive()


def test_the_end_comes_while_greenlets_still_wait() -> None:
    thread = Kept()
    thread.start()
    thread.do(lambda: gevent.spawn(gevent.sleep, 1000))
    thread.stop()
    thread.join(LIMIT)
    assert thread.ends == [None]
    assert not thread._thread.is_alive()


PATCHED = """
from gevent import monkey
monkey.patch_all()
from relay_runtime.aio.hub_thread import refuse_patched_threads
try:
    refuse_patched_threads()
except RuntimeError as error:
    assert "patched by gevent" in str(error) and "relay_runtime.RelayClient" in str(error), error
else:
    raise AssertionError("nothing was said")
"""


@pytest.mark.slow
def test_a_process_whose_threads_are_greenlets_is_refused_and_any_other_is_not() -> None:
    refuse_patched_threads()
    ran = subprocess.run([sys.executable, "-c", PATCHED], check=False, capture_output=True, text=True, timeout=30)
    assert ran.returncode == 0, ran.stderr


def test_what_is_submitted_runs_in_a_greenlet_and_its_outcome_is_a_future() -> None:
    thread = HubThread(lambda _: None)
    thread.start()
    assert thread.submit(lambda a, b: (gevent.sleep(0), a + b)[1], 1, 2).result(LIMIT) == 3
    assert isinstance(thread.submit(int, "three").exception(LIMIT), ValueError)
    thread.stop()
    thread.join(LIMIT)
    with pytest.raises(RuntimeError, match="has ended"):
        thread.submit(int)
