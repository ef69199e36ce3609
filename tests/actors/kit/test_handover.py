"""Work that is handed to the hub of another thread: it comes back, or says why not, and nobody waits for ever."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import gevent
import pytest
from gevent.hub import get_hub

from relay_actors.kit.handover import HubGone, HubSilent, run_in_hub

LIMIT = 10.0


def in_thread(function: Callable[[], Any]) -> Callable[[], Any]:
    """Begin a function in a thread that has no hub; return what waits here for its outcome."""
    outcome: list[Any] = []

    def work() -> None:
        try:
            outcome.append(function())
        except BaseException as error:
            outcome.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()

    def result() -> Any:
        with gevent.Timeout(LIMIT):
            while thread.is_alive():
                gevent.sleep(0.001)
        return outcome[0]

    return result


def test_the_result_comes_back_from_a_greenlet_of_the_hub() -> None:
    hub, here = get_hub(), threading.get_ident()

    def work() -> list[bool]:
        gevent.sleep(0.01)
        return [threading.get_ident() == here, get_hub() is hub]

    assert in_thread(lambda: run_in_hub(hub, work, LIMIT))() == [True, True]


def test_what_is_raised_comes_back_too() -> None:
    hub = get_hub()

    def work() -> None:
        raise KeyError("x")

    assert isinstance(in_thread(lambda: run_in_hub(hub, work, LIMIT))(), KeyError)


@pytest.mark.slow
def test_a_thread_with_a_hub_of_its_own_blocks_only_the_greenlet() -> None:
    hub = get_hub()

    def code() -> list[Any]:
        ticks: list[int] = []
        ticker = gevent.spawn(lambda: [(ticks.append(1), gevent.sleep(0.005)) for _ in range(1000)])
        result = run_in_hub(hub, lambda: gevent.sleep(0.1) or "done", LIMIT)
        ticker.kill()
        return [result, len(ticks) > 1]

    assert in_thread(code)() == ["done", True]


@pytest.mark.slow
def test_a_hub_that_is_blocked_has_the_work_taken_back() -> None:
    hub, ran = get_hub(), []
    result = in_thread(lambda: run_in_hub(hub, lambda: ran.append(1), 0.0))
    time.sleep(0.8)  # this thread's hub is blocked meanwhile
    assert isinstance(result(), HubSilent)
    gevent.sleep(0.05)
    assert ran == []


@pytest.mark.slow
def test_work_that_has_begun_is_waited_for_beyond_the_patience() -> None:
    hub = get_hub()

    def work() -> int:
        gevent.sleep(0.7)
        return 7

    assert in_thread(lambda: run_in_hub(hub, work, 0.3))() == 7


@pytest.mark.parametrize("destroyed", [True, False])
def test_a_hub_that_has_gone_or_whose_thread_has_is_told(destroyed: bool) -> None:
    hubs: list[Any] = []

    def make() -> None:
        hubs.append(get_hub())
        if destroyed:
            get_hub().destroy(destroy_loop=True)

    in_thread(make)()
    with pytest.raises(HubGone):
        run_in_hub(hubs[0], lambda: None, LIMIT)


@pytest.mark.slow
def test_a_hub_that_goes_while_it_works_is_told() -> None:
    hubs: list[Any] = []
    begun, end = threading.Event(), threading.Event()

    def serve() -> None:
        hubs.append(get_hub())
        begun.set()
        while not end.is_set():
            gevent.sleep(0.01)

    served = in_thread(serve)
    assert begun.wait(LIMIT)

    def work() -> None:
        end.set()
        gevent.sleep(LIMIT)

    with gevent.Timeout(LIMIT), pytest.raises(HubGone):
        run_in_hub(hubs[0], work, LIMIT)
    served()
