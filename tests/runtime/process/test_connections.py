"""Connections of a listener: who gives way to whom, and what is left of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import gevent
import pytest
from gevent import socket
from gevent.event import Event

from relay_runtime.process.connections import Connections

AT_ONCE = 3
LONGEST = 64


class Server:
    """Answers a request by itself; ``wait`` is answered when the test says so."""

    def __init__(self, patience: float) -> None:
        self.go_on = Event()
        self.ended: list[bytes] = []
        self.connections = Connections(
            ("127.0.0.1", 0),
            self.answer,
            end=re.compile(rb"\n"),
            longest=LONGEST,
            patience=patience,
            at_once=AT_ONCE,
        )

    def answer(self, sock: socket.socket, request: bytes) -> None:
        try:
            if request.startswith(b"wait"):
                self.go_on.wait()
            sock.sendall(request)
        finally:
            self.ended.append(request)


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    made = Server(getattr(request, "param", 30.0))
    made.connections.start()
    with gevent.Timeout(20, AssertionError("the test waited in vain")):
        yield made
    made.connections.stop(0)


@pytest.fixture
def connect(server: Server) -> Iterator[Callable[[bytes], socket.socket]]:
    """Return a function that connects, says something and returns once the server has seen both."""
    with ExitStack() as stack:

        def connected(said: bytes) -> socket.socket:
            sock = stack.enter_context(socket.create_connection(("127.0.0.1", server.connections.port)))
            sock.sendall(said)
            gevent.sleep(0.02)
            return sock

        yield connected


def is_open(sock: socket.socket) -> bool:
    sock.settimeout(0.1)
    try:
        return sock.recv(1) != b""
    except TimeoutError:
        return True
    except OSError:
        return False


Connect = Callable[[bytes], socket.socket]


def test_a_request_is_answered_and_the_connection_closed(connect: Connect) -> None:
    sock = connect(b"hello\n")
    assert (sock.recv(64), sock.recv(64)) == (b"hello\n", b"")


def test_a_request_may_come_in_pieces(connect: Connect) -> None:
    sock = connect(b"hel")
    sock.sendall(b"lo\n")
    assert sock.recv(64) == b"hello\n"


@pytest.mark.slow
def test_the_oldest_silent_one_gives_way_to_a_newer_one(connect: Connect) -> None:
    asked = connect(b"wait\n")
    oldest, newer = connect(b""), connect(b"half")
    assert connect(b"now\n").recv(64) == b"now\n"
    assert [is_open(each) for each in (asked, oldest, newer)] == [True, False, True]


@pytest.mark.slow
def test_without_a_silent_one_the_oldest_of_all_gives_way(server: Server, connect: Connect) -> None:
    waiting = [connect(b"wait %d\n" % number) for number in range(AT_ONCE)]
    assert connect(b"now\n").recv(64) == b"now\n"
    assert sorted(server.ended) == [b"now\n", b"wait 0\n"]
    server.go_on.set()
    assert [sock.recv(64) for sock in waiting] == [b"", b"wait 1\n", b"wait 2\n"]


@pytest.mark.slow
def test_there_are_never_more_at_once_than_allowed(server: Server, connect: Connect) -> None:
    silent = [connect(b"") for _ in range(4 * AT_ONCE)]
    assert [is_open(each) for each in silent] == [False] * (3 * AT_ONCE) + [True] * AT_ONCE


def test_a_request_without_an_end_is_handed_over_at_its_longest(connect: Connect) -> None:
    assert connect(b"x" * (LONGEST + 10)).recv(100) == b"x" * LONGEST


def test_what_comes_behind_a_request_does_not_cost_its_answer(connect: Connect) -> None:
    sock = connect(b"hello\n" + b"x" * 20_000)
    answer = b""
    while piece := sock.recv(100):  # a reset would raise
        answer += piece
    assert answer == b"hello\n" + b"x" * (LONGEST - 6)


@pytest.mark.parametrize("server", [0.05], indirect=True)
@pytest.mark.slow
def test_a_request_that_does_not_come_in_time_is_dropped_with_a_line(connect: Connect, log_lines: list[str]) -> None:
    assert connect(b"half").recv(1) == b""
    (line,) = log_lines
    assert line.startswith("DEBUG")
    assert "dropped: no request came within 0.05 s" in line


@pytest.mark.slow
def test_who_goes_during_the_answer_is_not_spoken_of(server: Server, connect: Connect, log_lines: list[str]) -> None:
    connect(b"wait\n").close()
    server.go_on.set()
    while not server.ended:
        gevent.sleep(0.01)
    gevent.sleep(0.05)
    assert log_lines == []


def test_stopping_ends_what_is_served(server: Server, connect: Connect) -> None:
    sock = connect(b"wait\n")
    server.connections.stop(0)
    assert server.ended == [b"wait\n"]
    assert not is_open(sock)
