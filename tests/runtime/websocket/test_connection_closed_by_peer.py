"""The end of a connection from the other side."""

from __future__ import annotations

import struct

import gevent
import pytest
from gevent.event import Event
from websocket_peer import Peer, Servers, close_frame, frame, text
from websockets.frames import Close, Opcode

from relay_runtime.websocket import ConnectionClosed, connect


def test_the_peers_close_gives_its_code_and_reason_after_the_messages_before_it(serve: Servers) -> None:
    answers = []

    def script(peer: Peer) -> None:
        peer.send(text("one"), text("two"), close_frame(1012, "restarting"))
        answers.append(peer.expect_frame())

    ws = connect(serve(script).url)
    assert [ws.receive(), ws.receive()] == ["one", "two"]
    with pytest.raises(ConnectionClosed) as caught:
        ws.receive()
    assert (caught.value.code, caught.value.reason) == (1012, "restarting")
    with pytest.raises(ConnectionClosed):
        ws.send_texts([b"too late"])
    ws.close()
    assert Close.parse(answers[0].data) == Close(1012, "restarting")


def test_a_close_in_one_piece_with_the_handshake_is_seen(serve: Servers) -> None:
    def script(peer: Peer) -> None:
        peer.send(peer.handshake(), close_frame(1013))
        peer.read_frame()

    ws = connect(serve(script, upgrade=False).url)
    with pytest.raises(ConnectionClosed, match="1013"):
        ws.receive()
    ws.close()


def test_a_peer_that_closes_and_keeps_the_socket_does_not_hold_up_the_reader(serve: Servers) -> None:
    def script(peer: Peer) -> None:
        peer.send(close_frame(1001))
        peer.wait_for_end()

    ws = connect(serve(script).url, close_timeout=100)
    with pytest.raises(ConnectionClosed, match="1001"):
        ws.receive()
    ws.abort()


def test_a_close_without_a_code_is_1005(serve: Servers) -> None:
    with connect(serve(lambda peer: peer.send(frame(Opcode.CLOSE))).url) as ws:
        with pytest.raises(ConnectionClosed):
            ws.receive()
        assert (ws.close_code, ws.close_reason) == (1005, "")


def test_a_close_between_two_fragments_is_a_close(serve: Servers) -> None:
    answers = []

    def script(peer: Peer) -> None:
        peer.send(frame(Opcode.TEXT, b"begun", fin=False), close_frame(1000))
        answers.append(peer.expect_frame())

    ws = connect(serve(script).url)
    with pytest.raises(ConnectionClosed, match="1000"):
        ws.receive()
    ws.close()
    assert Close.parse(answers[0].data).code == 1000


@pytest.mark.parametrize(
    "last_words",
    [b"", text("cut")[:4], frame(Opcode.TEXT, b"never finished", fin=False), b"\x81"],
    ids=["at a frame's end", "in a payload", "between fragments", "in a header"],
)
def test_a_socket_that_ends_without_a_close_frame_is_1006(serve: Servers, last_words: bytes) -> None:
    ws = connect(serve(lambda peer: peer.send(last_words)).url)
    with pytest.raises(ConnectionClosed) as caught:
        ws.receive()
    assert (caught.value.code, caught.value.reason) == (1006, "")
    assert ws.closed


def test_a_reset_is_1006_and_names_its_cause(serve: Servers) -> None:
    ws = connect(serve(lambda peer: peer.reset()).url)
    with pytest.raises(ConnectionClosed) as caught:
        ws.receive()
    assert caught.value.code == 1006
    assert isinstance(caught.value.__cause__, ConnectionResetError)


def test_a_reset_shows_to_a_sender_that_never_receives(serve: Servers) -> None:
    gone = Event()

    def script(peer: Peer) -> None:
        peer.reset()
        gone.set()

    ws = connect(serve(script).url, close_timeout=100)
    gone.wait()
    with pytest.raises(ConnectionClosed):
        for _ in range(100):
            ws.send("x")
            gevent.sleep(0)
    ws.close()
    assert ws.close_code == 1006


def test_a_half_closed_peer_ends_the_connection_as_1006(serve: Servers) -> None:
    def script(peer: Peer) -> None:
        peer.sock.shutdown(1)  # it goes on reading
        peer.wait_for_end()

    ws = connect(serve(script).url)
    with pytest.raises(ConnectionClosed, match="1006"):
        ws.receive()


def test_what_comes_after_the_peers_close_is_ignored(serve: Servers) -> None:
    server = serve(lambda peer: peer.send(close_frame(1000), b"\xff garbage", text("ghost")))
    ws = connect(server.url)
    with pytest.raises(ConnectionClosed, match="1000"):
        ws.receive()
    ws.close()
    assert ws.close_code == 1000


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (frame(Opcode.TEXT, b"\xc3("), 1007),
        (frame(Opcode.TEXT, b"\xc3", fin=False) + frame(Opcode.CONT, b"(", fin=False), 1007),
        (frame(Opcode.TEXT, b"\xed\xa0\x80"), 1007),
        (frame(Opcode.TEXT, b"\xc3"), 1007),
        (frame(Opcode.BINARY, b"x" * 1001), 1009),
        (frame(Opcode.BINARY, b"x" * 600, fin=False) + frame(Opcode.CONT, b"x" * 401), 1009),
        (struct.pack("!BBQ", 0x82, 127, 2**62), 1009),
        (b"\x81\x81abcdx", 1002),
        (frame(3), 1002),
        (frame(Opcode.CONT, b"x"), 1002),
        (frame(Opcode.TEXT, b"x", fin=False) + text("y"), 1002),
        (b"\xc1\x01x", 1002),
        (frame(Opcode.PING, b"x" * 126), 1002),
        (frame(Opcode.PING, fin=False), 1002),
        (close_frame(1005), 1002),
        (frame(Opcode.CLOSE, b"\x03"), 1002),
        (frame(Opcode.CLOSE, b"\x03\xe8\xff"), 1007),
    ],
    ids=[
        "bad UTF-8",
        "bad UTF-8 across fragments",
        "a surrogate",
        "cut UTF-8",
        "too long",
        "too long in fragments",
        "length of 4 EiB",
        "masked",
        "reserved opcode",
        "continuation of nothing",
        "new message in a message",
        "reserved bit",
        "long ping",
        "fragmented ping",
        "close code for nobody",
        "half a close code",
        "bad UTF-8 in a reason",
    ],
)
@pytest.mark.slow
def test_a_peer_that_breaks_the_protocol_is_told_the_code_and_so_is_the_reader(
    serve: Servers, bad: bytes, code: int
) -> None:
    told = []

    def script(peer: Peer) -> None:
        peer.send(text("good"), bad, text("ghost"))
        told.append(peer.expect_frame())
        peer.wait_for_end()

    ws = connect(serve(script).url, max_size=1000, close_timeout=0.05)
    assert ws.receive() == "good"
    with pytest.raises(ConnectionClosed) as caught:
        ws.receive()
    assert caught.value.code == code
    ws.close()
    assert Close.parse(told[0].data).code == code


def test_a_message_of_exactly_max_size_is_accepted(serve: Servers) -> None:
    parts = frame(Opcode.TEXT, b"x" * 600, fin=False) + frame(Opcode.CONT, b"x" * 400)
    with connect(serve(lambda peer: peer.send(parts)).url, max_size=1000) as ws:
        assert ws.receive() == "x" * 1000


def test_a_long_message_comes_whole(serve: Servers) -> None:
    with connect(serve(lambda peer: peer.send(frame(Opcode.BINARY, b"x" * 3_000_000))).url) as ws:
        assert ws.receive() == b"x" * 3_000_000
