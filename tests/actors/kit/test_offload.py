"""Blocking work on threads."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any

import gevent
import pytest
from doubles.diary import Diary, scripted
from doubles.frames import state
from doubles.hub import LIMIT, turns, until
from doubles.line import Line
from doubles.started import Started
from gevent.threadpool import ThreadPool

from relay_actors.call.call import Call
from relay_actors.errors import CallEnded, RelayTimeout, SessionLost
from relay_actors.kit.offload import THREADS


class Work:
    """Work that blocks its thread until it is let go."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.go = threading.Event()
        self.times = 0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.times += 1
        self.begun.release()
        assert self.go.wait(LIMIT)
        return threading.get_ident(), args, kwargs

    def has_begun(self, times: int = 1) -> None:
        until(lambda: self.times >= times, "the work")


@pytest.fixture
def work() -> Any:
    work = Work()
    yield work
    work.go.set()


def offloading(work: Any, **limits: Any) -> type[Diary]:
    def begin(call: Diary) -> None:
        try:
            call.pages.append(call.offload(work, **limits))
        except BaseException as error:
            call.pages.append(error)  # type: ignore[arg-type]

    return scripted(begin)


def outcome(line: Line[Any]) -> Any:
    return until(lambda: [page for page in line.call.pages if not isinstance(page, str)])[0]


def test_work_runs_on_another_thread_while_hooks_run(started: Started, work: Work) -> None:
    line = Line(started, offloading(partial(work, 1, key=2)))
    work.has_begun()
    line.gets(state("answered"))
    assert line.call.pages[-1] == "answered"
    work.go.set()
    thread, args, kwargs = outcome(line)
    assert thread != threading.get_ident()
    assert (args, kwargs) == ((1,), {"key": 2})


def test_what_the_work_raises_is_raised(started: Started, capsys: Any) -> None:
    line = Line(started, offloading(lambda: 1 / 0))
    assert isinstance(outcome(line), ZeroDivisionError)
    assert "ZeroDivisionError" not in capsys.readouterr().err  # gevent prints what a thread raises


def test_even_an_exit_stays_in_the_call(started: Started) -> None:
    def leave() -> None:
        raise SystemExit(3)

    assert isinstance(outcome(Line(started, offloading(leave))), SystemExit)


def test_the_end_of_the_call_ends_the_wait_and_the_work_goes_on(started: Started, work: Work) -> None:
    line = Line(started, offloading(work))
    work.has_begun()
    line.ends("busy")
    error = outcome(line)
    assert isinstance(error, CallEnded)
    assert error.reason == "busy"
    line.closes()
    work.go.set()
    turns()


def test_a_lost_session_ends_the_wait(started: Started, work: Work) -> None:
    line = Line(started, offloading(work))
    work.has_begun()
    line.loses_session(SessionLost)
    assert isinstance(outcome(line), SessionLost)


def test_the_time_is_limited(started: Started, work: Work) -> None:
    error = outcome(Line(started, offloading(work, timeout=0.01)))
    assert isinstance(error, RelayTimeout)
    assert str(error) == "the offloaded work did not end within 0.01 s"


def test_more_work_than_threads_waits_and_is_not_begun_when_nobody_waits_any_more(started: Started, work: Work) -> None:
    call = Line(started, Call).call
    others = [gevent.spawn(call.offload, work) for _ in range(THREADS)]
    work.has_begun(THREADS)
    with pytest.raises(RelayTimeout):
        call.offload(work, timeout=0.01)
    work.go.set()
    assert len(gevent.joinall(others, LIMIT)) == THREADS
    assert call.offload(lambda: "a thread is free again", timeout=LIMIT)
    assert work.times == THREADS


def test_clean_up_after_the_end_can_be_offloaded(started: Started) -> None:
    def begin(call: Diary) -> None:
        try:
            call.wait_for("calling.call.play")
        finally:
            call.pages.append(call.offload(lambda: ("saved",)))  # type: ignore[arg-type]

    line = Line(started, scripted(begin))
    line.ends()
    assert outcome(line) == ("saved",)
    line.closes()


def test_it_works_from_any_greenlet_and_on_a_call_that_is_gone(started: Started) -> None:
    line = Line(started, Call)
    assert line.call.offload(max, 1, 2) == 2
    line.ends()
    line.closes()
    assert line.call.offload(max, 1, 2) == 2


def test_a_call_that_ends_while_others_wait_tells_them(started: Started, work: Work) -> None:
    line = Line(started, Call)
    outside = gevent.spawn(line.call.offload, work)
    work.has_begun()
    line.ends()
    with pytest.raises(CallEnded):
        outside.get(timeout=LIMIT)
    line.closes()


def test_a_pool_that_fails_ends_the_wait(started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(ThreadPool, "apply", fails)
    with pytest.raises(RuntimeError, match="can't start new thread"):
        Line(started, Call).call.offload(max, 1, 2, timeout=LIMIT)


def test_what_cannot_be_called_is_refused(started: Started) -> None:
    with pytest.raises(TypeError, match="function is str; accepted is a function"):
        Line(started, Call).call.offload("sleep")  # type: ignore[arg-type]
