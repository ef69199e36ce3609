"""What is left of a test when it is over is ended, and named."""

from __future__ import annotations

import gc
import json
import threading
import types
import warnings
from typing import Any

import gevent
import pytest
from gevent.event import Event
from gevent.pool import Pool

from relay_actors.kit import fork
from relay_actors.kit.scheduler import Scheduler
from relay_runtime.testing.greenlets import LeftRunning, none_left, some_left


def beats() -> None:
    while True:
        gevent.sleep(0.01)


def never_ends() -> None:
    while not stop.is_set():
        try:
            stop.wait()
        except BaseException:
            pass


stop = Event()


def told(warned: pytest.WarningsRecorder) -> list[str]:
    return sorted(str(each.message) for each in warned.list)


def test_what_ends_by_itself_is_nothing_to_speak_of() -> None:
    with warnings.catch_warnings(action="error"), none_left():
        gevent.joinall([gevent.spawn(gevent.sleep, 0), Pool(2).spawn(gevent.sleep, 0)])
        gevent.spawn_later(10_000, beats).kill()


@pytest.mark.slow
def test_what_goes_on_is_ended_and_named_with_both_its_places() -> None:
    with pytest.warns(LeftRunning) as warned, none_left():
        greenlet = gevent.spawn(beats)
        gevent.sleep(0)
    assert greenlet.dead
    (text,) = told(warned)
    place = f"{__file__}:{beats.__code__.co_firstlineno + 2} in beats"
    assert f"was ended; it stood at {place}, started at {__file__}:" in text
    assert text.endswith("in test_what_goes_on_is_ended_and_named_with_both_its_places")
    assert (warned[0].filename, warned[0].lineno) == (__file__, beats.__code__.co_firstlineno + 2)


@pytest.mark.parametrize("begun", [False, True])
@pytest.mark.slow
def test_what_stands_in_a_library_is_named_by_who_started_it(begun: bool) -> None:
    with pytest.warns(LeftRunning, match="it was started at .*in test_what_stands_in") as warned, none_left():
        greenlets = [gevent.spawn(gevent.sleep, 10_000), gevent.spawn_later(10_000, beats)]
        if begun:
            gevent.sleep(0)
    assert len(warned) == 2
    assert [each.dead for each in greenlets] == [True, True]


@pytest.mark.slow
def test_what_lets_nobody_end_it_is_named_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("relay_runtime.testing.greenlets._ENDING", 0.05)
    stop.clear()
    with pytest.warns(LeftRunning, match="can't be ended: it does not let GreenletExit pass; it stood at"), none_left():
        greenlet = gevent.spawn(never_ends)
        gevent.sleep(0)
    assert not greenlet.dead
    stop.set()
    greenlet.join()


def test_what_others_start_is_theirs() -> None:
    library: Any = types.ModuleType("json.library")
    exec(compile("def start(spawn, *args): return spawn(*args)", json.__file__, "exec"), library.__dict__)
    with warnings.catch_warnings(action="error"), none_left():
        theirs = [library.start(gevent.spawn, gevent.sleep, 10_000), fork.spawn(gevent.sleep, 10_000)]
        gevent.sleep(0)
    assert [each.dead for each in theirs] == [False, False]
    gevent.killall(theirs)


@pytest.mark.slow
def test_own_code_in_what_others_start_is_ones_own() -> None:
    with pytest.warns(LeftRunning, match="it stood at .* in beats$"), none_left():
        greenlet = fork.spawn(beats)
        gevent.sleep(0)
    assert greenlet.dead


@pytest.mark.slow
def test_handlers_are_found_where_the_runtime_runs_them(log_lines: list[str]) -> None:
    before: list[Any] = []
    Scheduler.current().run(lambda: (before.append(gevent.getcurrent()), stop.wait()))
    stop.clear()
    gevent.sleep(0)
    with pytest.warns(LeftRunning, match="it stood at .* in beats$") as warned, none_left():
        Scheduler.current().run(beats)
        gevent.sleep(0)
        assert some_left()
    assert len(warned) == 1
    assert not before[0].dead
    stop.set()
    gevent.sleep(0)
    assert not any("Traceback" in line for line in log_lines)


def test_handlers_are_found_in_a_heap_that_was_frozen_too() -> None:
    Scheduler.current().run(lambda: None)
    gevent.sleep(0)  # a worker waits for work
    gc.freeze()
    try:
        with pytest.warns(LeftRunning, match="it stood at .* in beats$"), none_left():
            Scheduler.current().run(beats)
            gevent.sleep(0)
    finally:
        gc.unfreeze()


def test_threads_have_greenlets_of_their_own() -> None:
    begun, proceed = threading.Event(), threading.Event()

    def work() -> None:
        theirs = gevent.spawn(beats)
        gevent.sleep(0.02)
        begun.set()
        proceed.wait()
        theirs.kill()

    with warnings.catch_warnings(action="error"), none_left():
        thread = threading.Thread(target=work)
        thread.start()
        begun.wait()
        assert not some_left()
        proceed.set()
        thread.join()


def test_an_error_in_the_block_comes_out_of_it() -> None:
    with pytest.warns(LeftRunning), pytest.raises(KeyError), none_left():
        greenlet = gevent.spawn(beats)
        raise KeyError
    assert greenlet.dead
    assert not some_left()
