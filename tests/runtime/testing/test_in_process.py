"""Client and sandbox in one process: the door, the way of every client, and nothing left over."""

from __future__ import annotations

import gc
import re
import threading
from typing import Any

import gevent
import pytest
from doubles.client import LIMIT, OFFICE, QUICK, THEM, client_of
from doubles.hub import turns, until
from doubles.ways import WAYS, Talk, Way, by, open_by

from relay_runtime import RelayClient, websocket
from relay_runtime.sandbox import Callee, Caller, Sandbox
from relay_runtime.sandbox.faults.faults import Refusal
from relay_runtime.testing.in_process import connect, reaching
from relay_runtime.testing.memory_socket import MemorySocket


def refused(way: Way, sandbox: Sandbox, **options: Any) -> str:
    """Return the class and the text of the error with which no connection was opened, without its port."""
    with pytest.raises(websocket.WebSocketError) as error:
        open_by(way, sandbox, **{"open_timeout": 5.0, **options})
    retryable = "retryable" if error.value.retryable else "final"
    return f"{error.type.__name__}: {re.sub(r'127.0.0.1:[0-9]+', '<server>', str(error.value))} ({retryable})"


@pytest.mark.parametrize("how", ["reset", "http", "garbage", "hang"])
@pytest.mark.slow
def test_a_connection_is_turned_away_as_it_is_over_a_socket(how: Refusal) -> None:
    found = {}
    for way in WAYS:
        with by(way) as sandbox:
            sandbox.faults.refuse(how)
            found[way] = refused(way, sandbox, open_timeout=0.1 if how == "hang" else 5.0)
            Talk(way, sandbox).hang_up()  # the next one is let in
    assert found["memory"] == found["socket"]
    assert found["memory"].startswith(
        {
            "reset": "NetworkError: cannot connect to <server>: the WebSocket handshake was cut off (Connection reset",
            "http": "HttpStatusError: cannot connect to <server>: the server answered with HTTP status 503",
            "garbage": "NotWebSocketPeerError: cannot connect to <server>: the server did not accept",
            "hang": "ConnectTimeoutError: cannot connect to <server>: the WebSocket handshake did not end within 0.1 s",
        }[how]
    )


def test_a_sandbox_that_is_stopped_refuses_as_a_port_where_nobody_listens() -> None:
    found = {}
    for way in WAYS:
        with by(way) as sandbox:
            sandbox.stop()
            found[way] = refused(way, sandbox)
            sandbox.start()
            Talk(way, sandbox).hang_up()
    assert found["memory"] == found["socket"]
    assert found["memory"].startswith("ConnectRefusedError: cannot connect to <server>: the connection was refused")


@pytest.mark.slow
def test_a_sandbox_that_is_down_in_the_course_of_a_restart_refuses() -> None:
    found = {}
    for way in WAYS:
        with by(way) as sandbox:
            restarts: Any = gevent.spawn(sandbox.restart, down_for=0.1)
            turns()
            found[way] = refused(way, sandbox)
            restarts.get(timeout=10)
            Talk(way, sandbox).hang_up()
    assert found["memory"] == found["socket"]


def test_what_is_wrong_with_an_option_is_said_as_by_a_socket() -> None:
    with by("memory") as sandbox:
        with pytest.raises(ValueError, match="open_timeout must be above 0"):
            connect(sandbox, open_timeout=0)
        with pytest.raises(ValueError, match="begins with wss://"):
            connect(sandbox, "example.signalwire.com")
        assert sandbox.counters.connections == 0


def test_a_sandbox_that_listens_can_be_reached_in_memory_too() -> None:
    with Sandbox(control_port=None) as sandbox, connect(sandbox) as ours, websocket.connect(sandbox.url) as theirs:
        assert sandbox.counters.connections == 2
        assert not ours.closed
        assert not theirs.closed


def test_a_sandbox_of_another_thread_is_refused_with_what_to_do() -> None:
    caught: list[BaseException] = []

    def elsewhere(sandbox: Sandbox) -> None:
        try:
            connect(sandbox)
        except RuntimeError as error:
            caught.append(error)

    with by("memory") as sandbox:
        thread = threading.Thread(target=elsewhere, args=(sandbox,))
        thread.start()
        thread.join(10)
    assert "runs in another thread" in str(caught[0])


@pytest.mark.parametrize("host", ["example.signalwire.com", "wss://relay.signalwire.com/path", None])
def test_whatever_host_a_client_names_it_reaches_the_sandbox(host: str | None) -> None:
    with by("memory", any_credentials=True) as sandbox:
        arguments = {"project": "mine", "token": "my-own", "host": host or sandbox.url}
        with RelayClient(**arguments, contexts=["office"], timing=QUICK) as client:
            assert client.state == "connected"
            assert sandbox.counters.sessions == 1
            assert sandbox.session().contexts == {"office"}


def test_a_client_that_loses_its_connection_finds_the_sandbox_again() -> None:
    with by("memory") as sandbox, client_of(sandbox):
        sandbox.cut()
        until(lambda: sandbox.counters.resumes == 1, "the client to be back")


def test_a_client_dials_by_the_same_way() -> None:
    with by("memory") as sandbox, client_of(sandbox) as client:
        sandbox.on_dial(THEM, Callee().answers().says("Hello").hangs_up())
        call = client.dial(
            [[{"type": "phone", "params": {"from_number": OFFICE, "to_number": THEM}}]], dial_timeout=LIMIT
        )
        call.wait_for_ended(timeout=LIMIT)
    assert sandbox.runs(THEM)[0].wait(timeout=LIMIT).status.name == "ANSWERED"


def test_two_sandboxes_are_reached_by_the_block_that_is_inside() -> None:
    with Sandbox(port=None) as outer, Sandbox(port=None) as inner:
        with reaching(outer):
            with reaching(inner), client_of(inner):
                pass
            with client_of(outer):
                pass
        assert [outer.counters.sessions, inner.counters.sessions] == [1, 1]


def test_what_is_sent_and_read_can_be_tapped() -> None:
    with by("memory") as sandbox, client_of(sandbox) as client:
        seen: list[str] = []
        client.tap.watch(lambda direction, frame: seen.append(f"{direction} {frame!r}"))
        sandbox.place(Caller(THEM).dials("office"))
        until(lambda: len(seen) == 2, "an offer and its acknowledgement")
        assert "calling.call.receive" in seen[0]
        assert [each.split()[0] for each in seen] == ["in", "out"]


def live() -> tuple[int, int]:
    turns()
    gc.collect()
    found = gc.get_objects()
    greenlets = sum(isinstance(each, gevent.Greenlet) and not each.dead for each in found)
    return greenlets, sum(isinstance(each, MemorySocket) for each in found)


@pytest.mark.parametrize("end", ["close", "abort", "cut", "reset", "stop"])
def test_nothing_is_left_of_a_connection_however_it_ends(end: str) -> None:
    def play() -> None:
        with by("memory") as sandbox:
            talk = Talk("memory", sandbox)
            if end == "close":
                talk.socket.close()
            elif end == "abort":
                talk.socket.abort()
            elif end == "stop":
                sandbox.stop()
            else:
                sandbox.cut(reset=end == "reset")
            talk.over()
            until(lambda: not sandbox.exchange.peers)
            if end == "stop":
                sandbox.start()

    others = live()[1]  # of tests before this one
    play()
    before = live()
    play()
    assert live() == before
    assert before[1] <= others


def test_a_stop_ends_a_connection_that_is_left_hanging_at_the_door() -> None:
    with by("memory") as sandbox:
        sandbox.faults.refuse("hang")
        opening: Any = gevent.spawn(connect, sandbox, open_timeout=60)
        turns()
        sandbox.stop()
        opening.join(10)
        assert isinstance(opening.exception, websocket.NetworkError)
        sandbox.start()
