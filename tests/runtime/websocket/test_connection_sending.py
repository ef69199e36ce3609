"""What a connection sends."""

from __future__ import annotations

from collections.abc import Callable

import gevent
import pytest
from gevent.event import Event
from websocket_peer import Peer, Servers, close_frame, deaf, frame, polite, text
from websockets.frames import Opcode

from relay_runtime.websocket import ConnectionClosed, WriteBufferFull, connect


def test_messages_arrive_in_the_order_and_kind_in_which_they_were_sent(serve: Servers) -> None:
    got: list[tuple[int, bytes]] = []

    def script(peer: Peer) -> None:
        while (each := peer.read_frame()) is not None and each.opcode is not Opcode.CLOSE:
            got.append((each.opcode, bytes(each.data)))
        peer.send(close_frame(1000))

    big = b"b" * 70_000
    with connect(serve(script).url) as ws:
        ws.send("ü")
        ws.send(b"\x00")
        ws.send_texts([b"t" * 125])
        ws.send_texts([b"t" * 126])
        ws.send(big)
        ws.send("")
    expected = ["ü".encode(), b"\x00", b"t" * 125, b"t" * 126, big, b""]
    assert [payload for _, payload in got] == expected
    assert [kind for kind, _ in got] == [1, 2, 1, 1, 2, 1]


def test_texts_go_out_together_in_their_order_and_none_when_the_connection_is_over(serve: Servers) -> None:
    got: list[bytes] = []

    def script(peer: Peer) -> None:
        while (each := peer.read_frame()) is not None and each.opcode is not Opcode.CLOSE:
            got.append(bytes(each.data))
        peer.send(close_frame(1000))

    texts = [b"a", b"b" * 126, b"c" * 70_000]
    with connect(serve(script).url) as ws:
        ws.send_texts(texts)
        ws.send_texts([])
    assert got == texts
    with pytest.raises(ConnectionClosed):
        ws.send_texts(texts)


def test_many_greenlets_may_send_at_once(serve: Servers) -> None:
    got: list[bytes] = []

    def script(peer: Peer) -> None:
        while len(got) < 1000:
            got.append(bytes(peer.expect_frame().data))
        polite(peer)

    def sender(name: int, ws_send: Callable[[str], None]) -> None:
        for number in range(100):
            ws_send(f"{name} {number} " + "x" * 1000)
            gevent.sleep(0)

    with connect(serve(script).url) as ws:
        gevent.joinall([gevent.spawn(sender, name, ws.send) for name in range(10)], raise_error=True)
    for name in range(10):
        own = [each for each in got if each.startswith(b"%d " % name)]
        assert own == [b"%d %d " % (name, number) + b"x" * 1000 for number in range(100)]


def test_send_text_refuses_rather_than_blocks_when_the_peer_does_not_read(serve: Servers) -> None:
    ws = connect(serve(deaf).url, write_limit=100_000)
    with pytest.raises(WriteBufferFull) as caught:
        for _ in range(10_000):
            ws.send_texts([b"x" * 10_000])
            gevent.sleep(0)
    assert caught.value.limit == 100_000
    assert 100_000 <= ws.buffered < 120_000
    ws.abort()


def written() -> None:
    """Let the writer write what the socket takes at the moment."""
    for _ in range(10):
        gevent.sleep(0)


def test_send_waits_for_room_and_goes_on_when_the_peer_reads(serve: Servers) -> None:
    full = Event()
    received = 0

    def script(peer: Peer) -> None:
        nonlocal received
        full.wait()
        while (each := peer.read_frame()) is not None and each.opcode is not Opcode.CLOSE:
            received += len(each.data)
        peer.send(close_frame(1000))

    with connect(serve(script).url, write_limit=100_000) as ws:
        sent = 0
        while ws.buffered < 100_000:
            ws.send("x" * 50_000)
            sent += 50_000
            written()
        waiting = gevent.spawn(ws.send, "y")
        gevent.sleep(0)
        assert not waiting.ready()
        full.set()
        waiting.get()
    assert received == sent + 1


@pytest.mark.slow
def test_send_gives_up_after_its_time_without_room(serve: Servers) -> None:
    ws = connect(serve(deaf).url, write_limit=100_000)
    while ws.buffered < 100_000:
        ws.send("x" * 50_000)
        written()
    with pytest.raises(WriteBufferFull):
        ws.send("y", timeout=0.05)
    ws.abort()


@pytest.mark.slow
def test_pings_of_a_peer_that_does_not_read_do_not_fill_the_memory(serve: Servers) -> None:
    def script(peer: Peer) -> None:
        for _ in range(300):
            peer.send(frame(Opcode.PING, b"p" * 125) * 100)
        peer.send(text("done"))
        deaf(peer)

    ws = connect(serve(script).url, write_limit=10_000)
    for _ in range(2_000):  # fill the kernel's buffers, so that pongs stay in ours
        if ws.buffered >= 10_000:
            break
        ws.send(b"x" * 10_000)
        gevent.sleep(0)
    before = ws.buffered
    assert ws.receive() == "done"
    assert ws.buffered < before + 10_000
    ws.abort()


@pytest.mark.parametrize("message", [None, 5, bytearray(b"x"), ["x"]])
def test_only_str_and_bytes_are_messages(serve: Servers, message: object) -> None:
    with connect(serve(polite).url) as ws, pytest.raises(TypeError, match=r"str .* or bytes"):
        ws.send(message)  # type: ignore[arg-type]
