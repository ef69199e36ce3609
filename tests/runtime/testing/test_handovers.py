"""Results of threads come in the order in which their work was begun, whichever thread is first."""

from __future__ import annotations

import threading

import gevent
import pytest
from gevent.hub import get_hub
from gevent.threadpool import ThreadPool

from relay_runtime.testing import handovers
from relay_runtime.testing.virtual import virtual_time


def test_who_began_first_is_served_first() -> None:
    with virtual_time() as owned:
        order: list[int] = []
        second = threading.Event()

        def work(number: int) -> int:
            if number == 0:
                second.wait(30)
            elif number == 1:
                second.set()
            return number

        def asks(number: int) -> None:
            order.append(get_hub().threadpool.apply(work, (number,)))

        gevent.joinall([gevent.spawn(asks, number) for number in range(6)])
        assert order == [0, 1, 2, 3, 4, 5]
        assert owned.now() == 0


def test_work_that_waits_for_work_begun_later_gets_it_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handovers, "_PATIENCE", 0.01)
    with virtual_time():
        told = threading.Event()
        first = get_hub().threadpool.spawn(told.wait, 30)
        get_hub().threadpool.apply(int)
        told.set()
        assert first.get()


def test_work_that_fails_holds_up_nobody() -> None:
    with virtual_time() as owned:
        pool = ThreadPool(3)
        failing, fine = pool.spawn(lambda: 1 / 0), pool.spawn(lambda: 7)
        assert fine.get() == 7
        with pytest.raises(ZeroDivisionError):
            failing.get()
        gevent.sleep(3)
        assert owned.now() == 3
