"""A future: set once, waited for by many, and free of circles."""

from __future__ import annotations

import gc
import traceback
import weakref
from typing import Any

import gevent
import pykka
import pytest
from doubles.hub import LIMIT, active_watchers, turns

from relay_actors.errors import CallGone, ConnectionLost, RelayError, RequestTimeout, SessionLost
from relay_actors.kit.future import GreenletFuture, awaited


def test_a_result_that_is_there_is_returned_without_waiting() -> None:
    future: GreenletFuture[int] = GreenletFuture()
    future.set(7)
    assert future.done()
    assert future.wait(0)
    assert future.get(timeout=0) == 7


def test_none_is_a_result() -> None:
    future: GreenletFuture[None] = GreenletFuture()
    assert not future.done()
    future.set()
    assert future.done()
    assert future.get(timeout=0) is None


def test_every_greenlet_that_waits_gets_the_result() -> None:
    future: GreenletFuture[str] = GreenletFuture()
    waiters = [gevent.spawn(future.get, timeout=timeout) for timeout in (None, None, LIMIT)]
    turns()
    future.set("for all")
    assert [waiter.get(timeout=LIMIT) for waiter in waiters] == ["for all"] * 3


def test_the_first_result_wins() -> None:
    future: GreenletFuture[int] = GreenletFuture()
    assert future.resolve(1) is True
    assert future.resolve(2) is False
    assert future.fail(RuntimeError()) is False
    with pytest.raises(RuntimeError, match="has a result already"):
        future.set(3)
    with pytest.raises(RuntimeError, match="has a result already"):
        future.set_exception((ValueError, ValueError(), None))
    assert future.get() == 1


def test_an_error_is_raised_where_it_is_waited_for() -> None:
    future: GreenletFuture[int] = GreenletFuture()
    waiter = gevent.spawn(future.get)
    turns()
    future.fail(RelayError(500, "broken"))
    with pytest.raises(RelayError, match="broken"):
        waiter.get(timeout=LIMIT)


def test_set_exception_takes_the_one_that_is_handled() -> None:
    future: GreenletFuture[int] = GreenletFuture()
    try:
        raise KeyError("mine")
    except KeyError:
        future.set_exception()
    with pytest.raises(KeyError, match="mine"):
        future.get(timeout=0)


def test_an_error_that_is_raised_many_times_does_not_grow() -> None:
    future: GreenletFuture[int] = GreenletFuture()
    error = RelayError(500, "broken")
    future.fail(error)
    lengths = []
    for _ in range(50):
        with pytest.raises(RelayError):
            future.get(timeout=0)
        lengths.append(len(traceback.extract_tb(error.__traceback__)))
    assert len(set(lengths)) == 1


def test_a_wait_that_takes_too_long_ends() -> None:
    future: GreenletFuture[int] = GreenletFuture()
    assert future.wait(0.001) is False
    with pytest.raises(pykka.Timeout):
        future.get(timeout=0.001)


@pytest.mark.parametrize("timeout", [None, 1000.0])
def test_a_waiter_that_leaves_takes_callback_and_timer_with_it(timeout: float | None) -> None:
    future: GreenletFuture[int] = GreenletFuture()
    active = active_watchers()
    waiter = gevent.spawn(future.wait, timeout)
    turns()
    waiter.kill()
    assert future._callback is None
    assert not future._callbacks
    assert active_watchers() == active


def test_a_thousand_waits_that_time_out_leave_nothing() -> None:
    future: GreenletFuture[int] = GreenletFuture()
    for _ in range(1000):
        future.wait(0)
    assert future._callback is None
    assert not future._callbacks


def test_a_callback_is_called_once_when_the_result_comes_or_at_once() -> None:
    future: GreenletFuture[int] = GreenletFuture()
    called: list[str] = []
    future.add_done_callback(lambda: called.append("waited"))
    assert called == []
    future.set(1)
    future.add_done_callback(lambda: called.append("late"))
    assert called == ["waited", "late"]


def test_a_callback_that_was_taken_back_is_not_called() -> None:
    future: GreenletFuture[int] = GreenletFuture()
    called: list[str] = []

    def note() -> None:
        called.append("never")

    future.add_done_callback(note)
    future.remove_done_callback(note)
    future.remove_done_callback(note)
    future.set(1)
    assert called == []


def test_a_future_made_from_another_can_be_waited_for() -> None:
    source: GreenletFuture[int] = GreenletFuture()
    doubled = source.map(lambda value: value * 2)
    assert doubled.wait(0.001) is False
    gevent.spawn(source.set, 21)
    assert doubled.wait(LIMIT) is True
    assert doubled.get(timeout=0) == 42


def test_a_future_made_from_a_failing_one_raises_its_error() -> None:
    source: GreenletFuture[int] = GreenletFuture()
    doubled = source.map(lambda value: value * 2)
    source.fail(RelayError(500, "broken"))
    assert doubled.wait(0) is True
    with pytest.raises(RelayError, match="broken"):
        doubled.get(timeout=0)


@pytest.mark.parametrize(
    "error", [ConnectionLost("cut"), SessionLost(), RequestTimeout("late", sent=True), CallGone(404, "x")]
)
def test_who_waits_in_vain_leaves_nothing_for_the_collector(error: RelayError) -> None:
    def waits() -> weakref.ref[GreenletFuture[Any]]:
        future: GreenletFuture[Any] = GreenletFuture()
        future.fail(error)
        for _ in range(2):
            try:
                future.get()
            except RelayError as raised:  # a name that is kept would be a circle of the test's own
                assert raised is not error
                assert (type(raised), str(raised), vars(raised)) == (type(error), str(error), vars(error))
        return weakref.ref(future)

    gc.collect()
    gc.disable()
    try:
        assert waits()() is None
    finally:
        gc.enable()


def test_the_cause_of_an_error_is_told_to_each_who_waits() -> None:
    future: GreenletFuture[Any] = GreenletFuture()
    error = ConnectionLost("cut")
    error.__cause__ = cause = OSError("gone")
    future.fail(error)
    with pytest.raises(ConnectionLost) as raised:
        future.get()
    assert raised.value.__cause__ is cause


def test_who_is_waited_for_is_a_message_that_is_a_future_or_the_future_of_the_ask() -> None:
    itself, answer = GreenletFuture[Any](), GreenletFuture[Any]()
    assert awaited(itself, None) is itself
    assert awaited("message", answer) is answer
    assert awaited("message", None) is None
