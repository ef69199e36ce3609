"""The clock: real unless a test owns it, and then for everybody."""

from __future__ import annotations

import threading
import time

import pytest

from relay_actors.kit import clock


def test_it_tells_the_time_of_the_machine() -> None:
    before = time.monotonic(), time.time()
    now = clock.monotonic(), clock.wall()
    after = time.monotonic(), time.time()
    assert before[0] <= now[0] <= after[0]
    assert before[1] <= now[1] <= after[1]


def test_whoever_kept_the_function_is_told_the_time_of_the_test_too() -> None:
    kept = clock.monotonic
    with clock.run_by(lambda: 7.0, lambda: 1_700_000_000.0):
        assert (kept(), clock.monotonic(), clock.wall()) == (7.0, 7.0, 1_700_000_000.0)


def test_other_threads_are_told_the_same() -> None:
    told: list[float] = []
    with clock.run_by(lambda: 7.0, lambda: 8.0):
        thread = threading.Thread(target=lambda: told.extend([clock.monotonic(), clock.wall()]))
        thread.start()
        thread.join()
    assert told == [7.0, 8.0]


def test_the_real_time_goes_on_meanwhile() -> None:
    before = time.monotonic()
    with clock.run_by(lambda: 7.0, lambda: 8.0):
        assert before <= clock.real_monotonic() <= time.monotonic()
        assert abs(clock.real_wall() - time.time()) < 3600


def test_what_was_before_is_back_after_an_error() -> None:
    with clock.run_by(lambda: 1.0, lambda: 2.0):
        with pytest.raises(KeyError), clock.run_by(lambda: 7.0, lambda: 8.0):
            raise KeyError
        assert (clock.monotonic(), clock.wall()) == (1.0, 2.0)
    assert clock.monotonic() != 1.0
