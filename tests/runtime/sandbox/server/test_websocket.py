"""The guards around gevent-websocket: limits, close codes, masks, keys, one writer (RFC 6455)."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import gevent
import pytest
from doubles.raw_client import DialIn, RawClient
from doubles.wire import LIMIT, Wire
from websockets.frames import Frame, Opcode

from relay_runtime.sandbox import Sandbox
from relay_runtime.sandbox.server.websocket import GuardedWebSocket

OpenWire = Callable[..., Wire]

PING = b'{"jsonrpc":"2.0","id":"1","method":"signalwire.ping","params":{}}'


@pytest.mark.parametrize(
    ("send", "code"),
    [
        (lambda w: w.send(Opcode.TEXT, PING, mask=False), 1002),
        (lambda w: w.socket.sendall(b"\xc1\x80\x00\x00\x00\x00"), 1002),
        (lambda w: w.socket.sendall(b"\x83\x80\x00\x00\x00\x00"), 1002),
        (lambda w: w.send(Opcode.CONT, PING), 1002),
        (lambda w: (w.send(Opcode.TEXT, b"{", fin=False), w.send(Opcode.TEXT, b"}")), 1002),
        (lambda w: w.socket.sendall(b"\x09\x80\x00\x00\x00\x00"), 1002),
        (lambda w: w.socket.sendall(b"\x89\xfe\x00\x7e\x00\x00\x00\x00"), 1002),
        (lambda w: w.send(Opcode.TEXT, b"\xff\xfe"), 1007),
        (lambda w: w.send(Opcode.CLOSE, b"\x03"), 1002),
        (lambda w: w.send(Opcode.CLOSE, struct.pack("!H", 1005)), 1002),
        (lambda w: w.send(Opcode.CLOSE, struct.pack("!H", 1000) + b"\xff"), 1007),
        (lambda w: w.send(Opcode.CLOSE, struct.pack("!H", 1001) + b"bye"), 1001),
        (lambda w: w.send(Opcode.CLOSE, b""), 1000),
    ],
    ids=[
        "unmasked", "reserved bit", "reserved opcode", "continuation of nothing", "text in text", "fragmented ping",
        "long ping", "bad utf-8", "one-byte close", "reserved close code", "bad reason", "close 1001", "empty close",
    ],
)  # fmt: skip
def test_each_violation_gets_its_close_code(wire: OpenWire, send: Callable[[Wire], object], code: int) -> None:
    client = wire()
    send(client)
    assert client.close_code() == code


def test_a_frame_over_the_limit_is_closed_with_1009_before_it_is_read(sandbox: Sandbox, wire: OpenWire) -> None:
    sandbox.settings.frame_limit = 1000
    sandbox.restart()
    client = wire()
    client.send(Opcode.TEXT, b"x" * 1001)
    assert client.close_code() == 1009
    pieces = wire()
    pieces.send(Opcode.TEXT, b"x" * 600, fin=False)
    pieces.send(Opcode.CONT, b"x" * 600)
    assert pieces.close_code() == 1009
    exact = wire()
    exact.send(Opcode.TEXT, b" " * (1000 - len(PING)) + PING)
    assert exact.frame()[0] == 1


def test_a_message_of_ten_mebibytes_passes(sandbox: Sandbox, dial_in: DialIn) -> None:
    client = dial_in(sandbox)
    payload = "x" * (10 * 1024 * 1024 - 200)
    assert client.result("signalwire.ping", {"payload": payload}) == {"payload": payload}


def test_fragments_and_pings_between_them_make_one_message(wire: OpenWire) -> None:
    client = wire()
    client.send(Opcode.TEXT, PING[:10], fin=False)
    client.send(Opcode.PING, b"hello")
    client.send(Opcode.CONT, PING[10:])
    assert client.frame() == (10, b"hello")
    assert client.frame()[0] == 1


def test_a_character_split_over_fragments_is_good_utf8(wire: OpenWire) -> None:
    client = wire()
    text = '{"jsonrpc":"2.0","id":"é","method":"signalwire.ping","params":{}}'.encode()
    at = text.index(b"\xc3") + 1
    client.send(Opcode.TEXT, text[:at], fin=False)
    client.send(Opcode.CONT, text[at:])
    assert client.frame()[0] == 1


def test_many_greenlets_can_send_at_once(client: RawClient, sandbox: Sandbox) -> None:
    peer = sandbox.session().peer
    assert peer is not None
    text = "x" * 20_000

    def send(number: int) -> Any:
        for piece in range(20):
            peer.write(b'{"number":%d,"piece":%d,"text":"%s"}' % (number, piece, text.encode()))
            gevent.sleep(0)

    gevent.joinall([gevent.spawn(send, number) for number in range(20)], timeout=LIMIT, raise_error=True)
    client.wait(lambda: sum("piece" in frame for frame in client.received) == 400)


def test_a_client_that_reads_nothing_is_dropped_and_the_server_lives(
    sandbox: Sandbox, wire: OpenWire, dial_in: DialIn
) -> None:
    client = wire()
    client.send(Opcode.TEXT, PING)
    client.frame()
    peer = next(iter(sandbox.exchange.peers))
    for _ in range(80):
        peer.write(b'"' + b"x" * 1024 * 1024 + b'"')
    with gevent.Timeout(LIMIT):
        while sandbox.exchange.peers:
            gevent.sleep(0.01)
    assert dial_in(sandbox).login(sandbox)["protocol"]


def test_a_client_that_pings_and_reads_nothing_makes_nothing_grow(sandbox: Sandbox, wire: OpenWire) -> None:
    client = wire()
    with gevent.Timeout(LIMIT):
        while not sandbox.exchange.peers:
            gevent.sleep(0.001)
    socket = next(iter(sandbox.exchange.peers)).link._socket
    other = wire()
    socket._writer.kill()
    client.socket.sendall(Frame(Opcode.PING, b"").serialize(mask=True) * 1000)
    client.send(Opcode.CLOSE, struct.pack("!H", 1000))
    with gevent.Timeout(LIMIT):
        while not socket.closed:
            gevent.sleep(0.001)
    assert list(socket._outbox)[:-1] == [b"\x8a\x00"] * 64
    other.send(Opcode.TEXT, PING)
    assert other.frame()[0] == Opcode.TEXT


FLOODS = {
    "pings": Frame(Opcode.PING, b"").serialize(mask=True),
    "pongs": Frame(Opcode.PONG, b"").serialize(mask=True),
    "fragments": Frame(Opcode.CONT, b"", fin=False).serialize(mask=True),
}


@pytest.mark.parametrize("kind", FLOODS)
def test_timers_get_their_turn_after_some_frames_of_a_flood(
    sandbox: Sandbox, wire: OpenWire, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Gevent runs fifty callbacks before it looks at them: a reader that were one of those would come first."""
    client = wire()
    read = GuardedWebSocket.read_frame
    frames = 0

    def counted(socket: GuardedWebSocket, room: int | None = None) -> tuple[bool, int, bytes]:
        nonlocal frames
        frames += 1
        return read(socket, room)

    monkeypatch.setattr(GuardedWebSocket, "read_frame", counted)
    until_a_timer: list[int] = []

    def sleep() -> None:
        while True:
            before = frames
            gevent.sleep(1e-6)
            until_a_timer.append(frames - before)

    sleeper = gevent.spawn(sleep)
    client.send(Opcode.TEXT, b"", fin=False)
    client.socket.sendall(FLOODS[kind] * 2000)
    client.send(Opcode.CONT, b"over")
    with gevent.Timeout(LIMIT):
        while frames < 2002:
            gevent.sleep(0.001)
    sleeper.kill()
    assert max(until_a_timer) <= 2 * 17


def test_a_flood_from_one_client_does_not_starve_another(sandbox: Sandbox, dial_in: DialIn) -> None:
    flood, calm = dial_in(sandbox), dial_in(sandbox)
    flood.acks = False
    frame = Frame(Opcode.TEXT, PING).serialize(mask=True)
    stop: list[bool] = []

    def pour() -> None:
        while not stop:
            flood.socket.sendall(frame * 200)

    pouring = gevent.spawn(pour)
    try:
        for _ in range(20):
            assert calm.result("signalwire.ping", {"payload": "x"}) == {"payload": "x"}
    finally:
        stop.append(True)
        pouring.join(LIMIT)
        pouring.kill()
