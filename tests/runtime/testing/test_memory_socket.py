"""Sockets in memory, beside those of the machine: every test but the last ones runs over TCP as well."""

from __future__ import annotations

import errno
import gc
import socket as constants
import struct
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import gevent
import pytest
from doubles.hub import turns, until
from gevent import socket

from relay_runtime.testing.memory_socket import ROOM, MemorySocket, socket_pair

Pair = tuple[Any, Any]
MUCH = 16 * ROOM


def over_tcp() -> Pair:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        ours = socket.create_connection(server.getsockname())
        return ours, server.accept()[0]


@pytest.fixture(params=[over_tcp, socket_pair], ids=["tcp", "memory"])
def ends(request: pytest.FixtureRequest) -> Iterator[Pair]:
    ours, theirs = request.param()
    with gevent.Timeout(30, AssertionError("the test waited in vain")):
        yield ours, theirs
    ours.close()
    theirs.close()


def reset_on_close(end: Any) -> None:
    end.setsockopt(constants.SOL_SOCKET, constants.SO_LINGER, struct.pack("ii", 1, 0))


def waiting(function: Callable[..., Any], *args: Any) -> Any:
    """Begin in a greenlet, and return it once it waits."""
    greenlet: Any = gevent.spawn(function, *args)
    turns()
    assert not greenlet.ready()
    return greenlet


def send_all(end: Any, data: Callable[[], bytes] = lambda: bytes(MUCH)) -> None:
    """Send more than any connection holds; made here, so that no greenlet that fails prints it."""
    end.sendall(data())


def failure_of(greenlet: Any) -> type[BaseException] | None:
    greenlet.join(10)
    return None if greenlet.exception is None else type(greenlet.exception)


def arrived(end: Any, count: int) -> bytes:
    """Read so many bytes, in as many pieces as they come."""
    data = bytearray()
    while len(data) < count:
        data += end.recv(count - len(data))
    return bytes(data)


def test_what_one_end_sends_the_other_reads_in_order_and_without_bounds(ends: Pair) -> None:
    ours, theirs = ends
    ours.sendall(b"one")
    ours.sendall(b"two")
    assert arrived(theirs, 6) == b"onetwo"
    theirs.sendall(b"back")
    assert ours.recv(2) == b"ba"
    assert ours.recv(100) == b"ck"


def test_a_reader_waits_for_what_comes_and_nothing_else(ends: Pair) -> None:
    ours, theirs = ends
    reader = waiting(theirs.recv, 10)
    ours.send(b"x")
    assert reader.get(timeout=10) == b"x"


def test_the_end_is_read_behind_what_was_sent_before_it_and_again(ends: Pair) -> None:
    ours, theirs = ends
    ours.sendall(b"last words")
    ours.close()
    assert arrived(theirs, 10) == b"last words"
    assert [theirs.recv(10), theirs.recv(10)] == [b"", b""]


def test_a_reader_that_waits_is_woken_by_the_end(ends: Pair) -> None:
    ours, theirs = ends
    reader = waiting(theirs.recv, 10)
    ours.shutdown(constants.SHUT_WR)
    assert reader.get(timeout=10) == b""


def test_one_direction_can_end_alone(ends: Pair) -> None:
    ours, theirs = ends
    ours.shutdown(constants.SHUT_WR)
    with pytest.raises(BrokenPipeError):
        ours.send(b"x")
    assert theirs.recv(10) == b""
    theirs.sendall(b"still here")
    assert arrived(ours, 10) == b"still here"


def test_a_reset_is_read_behind_what_came_before_and_once(ends: Pair) -> None:
    ours, theirs = ends
    ours.sendall(b"words")
    turns(2)
    reset_on_close(ours)
    ours.close()
    assert arrived(theirs, 5) == b"words"
    with pytest.raises(ConnectionResetError):
        theirs.recv(10)
    assert theirs.recv(10) == b""
    with pytest.raises(BrokenPipeError):
        theirs.send(b"x")


def test_a_reader_that_waits_is_woken_by_a_reset(ends: Pair) -> None:
    ours, theirs = ends
    reader = waiting(theirs.recv, 10)
    reset_on_close(ours)
    ours.close()
    assert failure_of(reader) is ConnectionResetError


def test_closing_before_all_was_read_is_a_reset(ends: Pair) -> None:
    ours, theirs = ends
    theirs.sendall(b"never read")
    turns(2)
    ours.close()
    with pytest.raises(ConnectionResetError):
        theirs.recv(10)


def test_who_sends_to_an_end_that_is_closed_learns_it_with_the_next_send(ends: Pair) -> None:
    ours, theirs = ends
    ours.close()
    assert theirs.send(b"lost") == 4
    turns(2)
    with pytest.raises(BrokenPipeError):
        theirs.send(b"x")
    assert theirs.recv(10) == b""


@pytest.mark.slow
def test_a_sender_waits_while_the_other_end_reads_nothing(ends: Pair) -> None:
    ours, theirs = ends
    data = bytes(range(256)) * (MUCH // 256)
    sender = waiting(send_all, ours, lambda: data)
    assert arrived(theirs, len(data)) == data
    sender.get(timeout=10)


def test_a_sender_that_waits_is_woken_by_the_other_ends_close(ends: Pair) -> None:
    ours, theirs = ends
    sender = waiting(send_all, ours)
    theirs.close()
    assert failure_of(sender) in {ConnectionResetError, BrokenPipeError}


def test_closing_an_end_wakes_its_own_reader_and_sender(ends: Pair) -> None:
    ours, _theirs = ends
    reader, sender = waiting(ours.recv, 10), waiting(send_all, ours)
    ours.close()
    for greenlet in (reader, sender):
        greenlet.join(10)
        assert greenlet.exception.errno == errno.EBADF
    with pytest.raises(OSError, match="Bad file descriptor"):
        ours.send(b"x")
    with pytest.raises(OSError, match="Bad file descriptor"):
        ours.recv(10)
    with pytest.raises(OSError, match="Bad file descriptor"):
        ours.shutdown(constants.SHUT_RDWR)


def test_a_wait_ends_with_its_time(ends: Pair) -> None:
    ours, theirs = ends
    ours.settimeout(0.01)
    with pytest.raises(TimeoutError, match="timed out"):
        ours.recv(10)
    with pytest.raises(TimeoutError, match="timed out"):
        send_all(ours)
    ours.settimeout(None)
    theirs.sendall(b"x")
    assert ours.recv(10) == b"x"


def test_a_greenlet_that_is_killed_while_it_waits_takes_nothing_along(ends: Pair) -> None:
    ours, theirs = ends
    reader = waiting(theirs.recv, 10)
    reader.kill()
    ours.sendall(b"kept")
    assert arrived(theirs, 4) == b"kept"


def test_a_file_reads_lines_and_so_many_bytes_and_leaves_the_socket_open(ends: Pair) -> None:
    ours, theirs = ends
    file = theirs.makefile("rb", -1)
    ours.sendall(b"GET / HTTP/1.1\r\nbody")
    assert file.readline() == b"GET / HTTP/1.1\r\n"
    assert file.read(4) == b"body"
    reader = waiting(file.read, 4)
    ours.sendall(b"12")
    turns()
    assert not reader.ready()
    ours.sendall(b"34")
    assert reader.get(timeout=10) == b"1234"
    file.close()
    theirs.sendall(b"open")
    assert arrived(ours, 4) == b"open"


def test_an_end_that_reads_no_more_reads_what_is_there(ends: Pair) -> None:
    ours, theirs = ends
    ours.sendall(b"there")
    until(lambda: theirs.recv(2) == b"th")
    theirs.shutdown(constants.SHUT_RD)
    assert arrived(theirs, 3) == b"ere"
    assert theirs.recv(10) == b""


def test_closing_again_does_nothing(ends: Pair) -> None:
    ours, _ = ends
    ours.close()
    ours.close()


# In memory alone


def test_an_end_holds_so_much_unread_and_takes_no_more() -> None:
    ours, theirs = socket_pair()
    assert ours.send(bytes(2 * ROOM)) == ROOM
    sender = waiting(ours.send, b"x")
    assert len(theirs.recv(10 * ROOM)) == ROOM
    assert sender.get(timeout=10) == 1


def test_what_an_end_is_shows_in_its_repr() -> None:
    ours, theirs = socket_pair()
    assert repr(ours) == "<MemorySocket open>"
    reset_on_close(theirs)
    theirs.close()
    assert [repr(ours), repr(theirs)] == ["<MemorySocket reset>", "<MemorySocket closed>"]
    with pytest.raises(ConnectionResetError):
        ours.send(b"x")
    with pytest.raises(OSError, match="not connected"):
        ours.shutdown(constants.SHUT_RDWR)


def test_options_that_have_no_meaning_change_nothing() -> None:
    ours, theirs = socket_pair()
    ours.setsockopt(constants.IPPROTO_TCP, constants.TCP_NODELAY, 1)
    ours.setsockopt(constants.SOL_SOCKET, constants.SO_LINGER, struct.pack("ii", 0, 0))
    ours.close()
    assert theirs.recv(10) == b""


def test_two_ends_that_are_dropped_leave_nothing() -> None:
    ours, theirs = socket_pair()
    waiting(theirs.recv, 10).kill()
    left = weakref.ref(ours)
    assert isinstance(ours, MemorySocket)
    del ours, theirs
    turns()
    gc.collect()
    assert left() is None
