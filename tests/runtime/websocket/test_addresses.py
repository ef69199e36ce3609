"""The addresses of a host, tried side by side."""

from __future__ import annotations

import errno
import socket as blocking_socket
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import gevent
import pytest
from gevent import socket
from websocket_peer import assert_nothing_left, footprint

from relay_runtime.websocket import addresses
from relay_runtime.websocket.addresses import Address, connect_to_one, in_turn

NEVER = 1000.0  # seconds that no test waits for


def v4(number: int) -> Address:
    return socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"192.0.2.{number}", 443)


def v6(number: int) -> Address:
    return socket.AF_INET6, socket.SOCK_STREAM, 6, "", (f"2001:db8::{number}", 443, 0, 0)


def local(port: int) -> Address:
    return socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)


@pytest.fixture
def around() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def listening(around: ExitStack) -> int:
    """Return a port at which connections are taken."""
    listener = around.enter_context(blocking_socket.create_server(("127.0.0.1", 0)))
    port: int = listener.getsockname()[1]
    return port


def refusing() -> int:
    """Return a port at which nothing listens."""
    with blocking_socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def swallowing(around: ExitStack) -> int:
    """Return a port whose queue of connections is full: the kernel drops what comes, and nobody answers."""
    listener = around.enter_context(blocking_socket.socket())
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    for _ in range(4):
        filler = around.enter_context(blocking_socket.socket())
        filler.setblocking(False)
        filler.connect_ex(listener.getsockname())
    port: int = listener.getsockname()[1]
    return port


# In which order


def test_the_families_take_turns_beginning_with_the_first() -> None:
    assert in_turn([v6(1), v6(2), v6(3), v4(1), v4(2)]) == [v6(1), v4(1), v6(2), v4(2), v6(3)]
    assert in_turn([v4(1), v4(2), v6(1)]) == [v4(1), v6(1), v4(2)]


def test_an_address_is_tried_once() -> None:
    assert in_turn([v4(1), v4(1), v4(2)]) == [v4(1), v4(2)]


def test_the_last_good_address_goes_first_if_it_is_still_one() -> None:
    assert in_turn([v6(1), v6(2), v4(1), v4(2)], v4(2)) == [v4(2), v6(1), v4(1), v6(2)]
    assert in_turn([v6(1), v4(1)], v4(9)) == [v6(1), v4(1)]


# Side by side


def test_the_first_that_succeeds_wins_and_nothing_of_the_others_is_left(
    around: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(addresses, "_DELAY", 0.001)
    tried = [local(swallowing(around)) for _ in range(3)] + [local(listening(around))]
    before = footprint()
    sock, address = connect_to_one(tried)
    assert address == tried[3]
    assert sock.getpeername() == tried[3][4]
    sock.close()
    assert_nothing_left(before)


def test_one_that_swallows_packets_delays_the_next_for_a_moment_only(
    around: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert addresses._DELAY == 0.25  # RFC 8305, section 8: the recommended delay
    monkeypatch.setattr(addresses, "_DELAY", 0.001)
    with gevent.Timeout(60.0):
        connect_to_one([*(local(swallowing(around)) for _ in range(4)), local(listening(around))])[0].close()


def test_one_that_fails_is_followed_by_the_next_at_once(around: ExitStack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "_DELAY", NEVER)
    with gevent.Timeout(60.0):
        connect_to_one([local(refusing()), local(refusing()), local(listening(around))])[0].close()


def test_one_that_fails_later_brings_the_next_one_forward(around: ExitStack, monkeypatch: pytest.MonkeyPatch) -> None:
    failing = socket.socket.connect

    def connect(sock: Any, address: Any) -> None:
        if address[1] == 1:
            gevent.sleep(0.01)
            raise OSError(errno.EHOSTUNREACH, "No route to host")
        failing(sock, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(addresses, "_DELAY", NEVER)
    with gevent.Timeout(60.0):
        connect_to_one([local(1), local(listening(around))])[0].close()


@pytest.mark.slow
def test_one_that_was_slow_wins_all_the_same_while_it_is_the_only_one(
    around: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, connect_of = local(listening(around)), socket.socket.connect

    def connect(sock: Any, address: Any) -> None:
        gevent.sleep(0.05)
        connect_of(sock, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(addresses, "_DELAY", 0.001)
    sock, address = connect_to_one([slow, local(swallowing(around))])
    sock.close()
    assert address == slow


def test_a_family_that_this_machine_has_not_is_passed_over(around: ExitStack, monkeypatch: pytest.MonkeyPatch) -> None:
    made = socket.socket

    def none_of_six(family: int, kind: int, proto: int) -> Any:
        if family == socket.AF_INET6:
            raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
        return made(family, kind, proto)

    monkeypatch.setattr(socket, "socket", none_of_six)
    monkeypatch.setattr(addresses, "_DELAY", NEVER)
    with gevent.Timeout(60.0):
        connect_to_one([v6(1), local(listening(around))])[0].close()
        with pytest.raises(OSError, match="family"):
            connect_to_one([v6(1)])


def test_a_refusal_says_more_than_that_another_address_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = {1: OSError(errno.ENETUNREACH, "unreachable"), 2: ConnectionRefusedError("refused")}

    def connect(_: Any, address: Any) -> None:
        raise kinds[address[1]]

    monkeypatch.setattr(socket.socket, "connect", connect)
    for tried in ([local(1), local(2)], [local(2), local(1)]):
        with pytest.raises(ConnectionRefusedError):
            connect_to_one(tried)


def test_a_host_without_an_address_is_an_error() -> None:
    with pytest.raises(OSError, match="no address"):
        connect_to_one([])


@pytest.mark.parametrize("how", ["a timeout", "a kill"])
def test_whoever_is_interrupted_leaves_nothing(around: ExitStack, how: str) -> None:
    tried = [local(swallowing(around)) for _ in range(2)]
    before = footprint()
    if how == "a timeout":
        with gevent.Timeout(0.01, False):
            connect_to_one(tried)
    else:
        waiting = gevent.spawn(connect_to_one, tried)
        gevent.sleep(0.01)
        waiting.kill()
    assert_nothing_left(before)


def test_a_default_timeout_of_the_app_does_not_count(around: ExitStack) -> None:
    blocking_socket.setdefaulttimeout(0.001)
    try:
        sock, _ = connect_to_one([local(listening(around))])
        assert sock.gettimeout() is None
        sock.close()
    finally:
        blocking_socket.setdefaulttimeout(None)
