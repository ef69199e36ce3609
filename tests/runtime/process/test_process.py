"""The life of a process that serves calls."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import gevent
import pytest
from doubles.hub import LIMIT, turns, until
from gevent.event import Event

from relay_actors.errors import AuthenticationFailed, ClientStopped
from relay_runtime.process.process import ExitCode, Process, end_at_once, on_signals


class Client:
    """A client that connects, runs and drains when a test lets it.

    Attributes:
        said: what it was told to do, in order.
        connects: whether a test lets it connect.
        hangs_up: whether a test lets it come to the end of its disconnecting.
        refused: raised in the place of a connection.
        left_up: the calls that it leaves up.
    """

    contexts = ("office",)

    state = "stopped"

    def __init__(self) -> None:
        self.said: list[str] = []
        self.connects = Event()
        self.connects.set()
        self.hangs_up = Event()
        self.hangs_up.set()
        self.refused: Exception | None = None
        self.left_up: list[str] = []
        self._calls_ended = Event()
        self._in_time = True
        self._stopped = Event()

    def connect(self) -> None:
        self.said.append("connect")
        if self.refused is not None:
            raise self.refused
        self.connects.wait()
        if self._stopped.is_set():
            raise ClientStopped("stopped")

    def run(self) -> None:
        self._stopped.wait()

    def drain(self, timeout: float) -> bool:
        self.said.append(f"drain {timeout:g}")
        self._calls_ended.wait()
        return self._in_time

    def disconnect(self) -> None:
        self.said.append("disconnect")
        self.hangs_up.wait()
        self._stopped.set()
        self.connects.set()
        self._calls_ended.set()

    def calls_end(self, *, in_time: bool = True) -> None:
        self._in_time = in_time
        self._calls_ended.set()


class Life:
    """A process that runs.

    Attributes:
        client: what it serves.
        process: the process.
        noted: what it told of itself.
        running: the greenlet that it runs in, once it has begun.
    """

    def __init__(self) -> None:
        self.client = Client()
        self.noted: list[str] = []
        served: Any = self.client
        self.process = Process(
            served, 20.0, lambda: self.noted.append("ready"), lambda why: self.noted.append(f"stopping: {why}")
        )
        self.running: Any = None

    def begins(self) -> None:
        self.running = gevent.spawn(self.process.run)

    def signalled(self, number: signal.Signals, *, times: int = 1) -> None:
        """Send this process a signal, and let it be handled each time."""
        for _ in range(times):
            os.kill(os.getpid(), number)
            gevent.sleep(0.001)  # the loop sees it
            turns()

    def code(self) -> ExitCode:
        return self.running.get()


@pytest.fixture(autouse=True)
def _signals_as_in_a_foreground() -> Iterator[None]:
    """Whoever runs these tests by ``nohup``, or behind other work, has signals ignored."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in (signal.SIGHUP, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def life() -> Iterator[Life]:
    with gevent.Timeout(LIMIT, AssertionError("the test waited in vain")):
        life = Life()
        yield life
        life.client.disconnect()
        if life.running is not None:
            life.running.join()


@pytest.fixture
def serving(life: Life) -> Life:
    life.begins()
    until(lambda: life.noted == ["ready"])
    return life


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_the_first_signal_lets_the_calls_end(serving: Life, number: signal.Signals) -> None:
    serving.signalled(number)
    until(lambda: "drain 20" in serving.client.said)
    assert serving.process.stopping
    serving.client.calls_end()
    assert serving.code() == ExitCode.OK
    assert serving.noted == ["ready", f"stopping: {number.name}"]
    assert serving.client.said == ["connect", "drain 20", "disconnect"]


def test_calls_that_were_hung_up_have_an_exit_code_of_their_own(serving: Life) -> None:
    serving.signalled(signal.SIGTERM)
    serving.client.calls_end(in_time=False)
    assert serving.code() == ExitCode.CALLS_ENDED


def test_calls_that_were_left_up_have_another_and_nothing_says_that_they_were_hung_up(
    serving: Life, log_lines: list[str]
) -> None:
    serving.client.left_up = ["c1", "c2"]
    serving.signalled(signal.SIGTERM)
    serving.client.calls_end(in_time=False)
    assert serving.code() == ExitCode.UNREACHABLE
    assert any("stopped: calls may be up still: 2; the lines before name them" in line for line in log_lines)
    assert not any("hung up" in line for line in log_lines)


def test_calls_that_were_left_up_weigh_more_than_a_second_signal(serving: Life) -> None:
    serving.client.left_up = ["c1"]
    serving.signalled(signal.SIGTERM, times=2)
    assert serving.code() == ExitCode.UNREACHABLE


def test_a_client_that_its_own_code_disconnects_may_have_left_calls_up(serving: Life) -> None:
    serving.client.left_up = ["c1"]
    serving.client.disconnect()
    assert serving.code() == ExitCode.UNREACHABLE


def test_a_second_signal_ends_at_once(serving: Life, log_lines: list[str]) -> None:
    serving.signalled(signal.SIGTERM, times=2)
    assert serving.code() == ExitCode.AT_ONCE
    assert any("SIGTERM again: hanging up and ending at once" in line for line in log_lines)


def test_a_second_signal_is_told_by_the_parent_if_there_is_one(life: Life, log_lines: list[str]) -> None:
    client: Any = life.client
    life.process = Process(client, 20.0, lambda: life.noted.append("ready"), has_parent=True)
    life.begins()
    until(lambda: life.noted)
    life.signalled(signal.SIGTERM, times=2)
    assert life.code() == ExitCode.AT_ONCE
    assert not any("again: hanging up" in line for line in log_lines)


def test_a_hangup_never_does_more_than_drain(serving: Life) -> None:
    serving.signalled(signal.SIGHUP, times=3)
    serving.client.calls_end()
    assert serving.code() == ExitCode.OK
    assert serving.client.said.count("drain 20") == 1


def test_a_third_signal_ends_the_process_itself(serving: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[int] = []
    monkeypatch.setattr("os._exit", ended.append)
    serving.client.hangs_up.clear()  # that takes its time
    serving.signalled(signal.SIGTERM, times=3)
    assert ended == [ExitCode.AT_ONCE]
    serving.client.hangs_up.set()
    assert serving.code() == ExitCode.AT_ONCE


def test_who_has_taken_something_has_a_last_word_the_last_one_first(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[Any] = []
    monkeypatch.setattr("os._exit", ended.append)
    monkeypatch.setattr("relay_runtime.process.process.last_words", [lambda: 1 / 0, lambda: ended.append("leaves")])
    with pytest.raises(ZeroDivisionError):
        end_at_once()  # which os._exit would not let out
    assert ended == ["leaves", ExitCode.AT_ONCE]


def test_a_wish_from_inside_counts_as_the_first_signal(serving: Life) -> None:
    assert serving.process.request_stop("relay-runtime drain")
    assert not serving.process.request_stop("again")
    serving.client.calls_end()
    assert serving.code() == ExitCode.OK
    assert serving.noted[-1] == "stopping: relay-runtime drain"


def test_a_process_that_is_not_connected_yet_stops_without_a_drain(life: Life) -> None:
    life.client.connects.clear()
    life.begins()
    until(lambda: life.client.said == ["connect"])
    life.signalled(signal.SIGTERM)
    assert life.code() == ExitCode.OK
    assert "drain 20" not in life.client.said
    assert "ready" not in life.noted


def test_what_ends_the_connection_for_good_is_raised(life: Life) -> None:
    life.client.refused = AuthenticationFailed("-32002", "login refused")
    life.begins()
    with pytest.raises(AuthenticationFailed):
        life.code()
    assert life.client.said[-1] == "disconnect"


def test_a_client_that_its_own_code_disconnects_ends_the_process(serving: Life) -> None:
    serving.client.disconnect()
    assert serving.code() == ExitCode.OK
    assert serving.noted == ["ready"]


def test_a_hangup_that_is_ignored_stays_so(life: Life) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        life.begins()
        until(lambda: life.noted == ["ready"])
        life.signalled(signal.SIGHUP)
        assert not life.process.stopping
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_handler_that_the_app_sets_while_it_serves_takes_no_signal_away(serving: Life) -> None:
    heard: list[str] = []
    watcher = gevent.signal_handler(signal.SIGTERM, heard.append, "the app")
    try:
        serving.signalled(signal.SIGTERM)
        serving.client.calls_end()
        assert serving.code() == ExitCode.OK
        assert heard == ["the app"]
    finally:
        watcher.cancel()


def test_signals_are_handled_by_their_name() -> None:
    heard: list[str] = []
    with on_signals(heard.append, lambda name: heard.append(f"hung up: {name}")):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            os.kill(os.getpid(), number)
        until(lambda: len(heard) == 3)
    assert sorted(heard) == ["SIGINT", "SIGTERM", "hung up: SIGHUP"]


def test_signals_are_handled_only_meanwhile() -> None:
    outer: list[str] = []
    inner: list[str] = []
    with on_signals(outer.append):
        with on_signals(inner.append):
            os.kill(os.getpid(), signal.SIGTERM)
            until(lambda: inner)
        os.kill(os.getpid(), signal.SIGTERM)
        until(lambda: len(outer) == 2)
    assert inner == ["SIGTERM"]


def test_signals_are_handled_behind_it_as_they_were_before() -> None:
    class Taken(Exception):
        """Raised by the handler."""

    def takes(*_: object) -> None:
        raise Taken

    before = signal.signal(signal.SIGTERM, takes)
    try:
        with on_signals(print):
            pass
        with pytest.raises(Taken):
            os.kill(os.getpid(), signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_client_that_serves_already_is_drained_though_its_connection_is_down() -> None:
    client: Any = Client()
    client.state = "waiting"
    client.connects.clear()
    process = Process(client, 20.0)
    running = gevent.spawn(process.run)
    gevent.sleep(0)
    assert process.request_stop("SIGTERM")
    gevent.sleep(0)
    assert "drain 20" in client.said
    client.calls_end()
    assert running.get() is ExitCode.OK
