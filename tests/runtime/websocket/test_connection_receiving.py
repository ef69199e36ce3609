"""What a connection receives."""

from __future__ import annotations

import gevent
import pytest
from gevent.event import Event
from websocket_peer import Peer, Servers, frame, polite, text
from websockets.frames import Opcode

from relay_runtime.websocket import ConcurrentReceiveError, ReceiveTimeoutError, connect


def test_a_text_is_received_as_str_and_a_binary_message_as_bytes(serve: Servers) -> None:
    server = serve(lambda peer: peer.send(text("grüezi"), frame(Opcode.BINARY, b"\x00\xff")))
    with connect(server.url) as ws:
        assert [ws.receive(), ws.receive()] == ["grüezi", b"\x00\xff"]


def test_a_batch_holds_all_messages_that_one_read_brought(serve: Servers) -> None:
    sent = [f"message {number}" for number in range(20)]

    def script(peer: Peer) -> None:
        peer.send(peer.handshake(), *map(text, sent))
        polite(peer)

    with connect(serve(script, upgrade=False).url) as ws:
        assert ws.receive_batch() == sent


def test_a_batch_of_the_shortest_messages_is_bounded(serve: Servers) -> None:
    def script(peer: Peer) -> None:
        peer.send(text("") * 50_000)
        polite(peer)

    sizes: list[int] = []
    with connect(serve(script).url) as ws:
        while sum(sizes) < 50_000:
            sizes.append(len(ws.receive_batch()))
    assert sum(sizes) == 50_000
    assert max(sizes) == 128


@pytest.mark.slow
def test_other_greenlets_get_a_turn_between_two_batches_of_a_flooded_socket(serve: Servers) -> None:
    def script(peer: Peer) -> None:
        peer.send(text("x" * 298) * 5_000)
        polite(peer)

    turns = 0

    def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            gevent.sleep(0)

    with connect(serve(script).url) as ws:
        received = len(ws.receive_batch())
        counter = gevent.spawn(count)
        while received < 5_000:
            before = turns
            received += len(ws.receive_batch())
            assert turns > before
        counter.kill()


FLOODS = {
    "pings": frame(Opcode.PING),
    "pongs": frame(Opcode.PONG),
    "texts": text("{}"),
    "fragments": frame(Opcode.TEXT, fin=False) + frame(Opcode.CONT, fin=False) * 1000 + frame(Opcode.CONT),
}


@pytest.mark.parametrize("kind", FLOODS)
@pytest.mark.slow
def test_timers_and_sockets_get_their_turn_within_a_few_passes_of_a_flood(kind: str, serve: Servers) -> None:
    """Gevent runs fifty callbacks before it looks at them: a reader that were one of those would come first."""
    flood = FLOODS[kind] * (20_000 // len(FLOODS[kind]))
    passes = 0

    def script(peer: Peer) -> None:
        peer.send(flood, text("over"))
        polite(peer)

    with connect(serve(script).url) as ws:
        receive_data = ws._protocol.receive_data

        def counted(data: bytes) -> None:
            nonlocal passes
            passes += 1
            receive_data(data)

        ws._protocol.receive_data = counted  # type: ignore[method-assign]
        until_a_timer: list[int] = []

        def sleep() -> None:
            while True:
                before = passes
                gevent.sleep(1e-6)
                until_a_timer.append(passes - before)

        sleeper = gevent.spawn(sleep)
        gevent.sleep(0)
        while "over" not in ws.receive_batch():
            pass
        sleeper.kill()
    assert len(until_a_timer) >= 4
    assert max(until_a_timer) <= 5


def test_a_ping_is_answered_with_its_payload_while_a_message_is_awaited(serve: Servers) -> None:
    answers = []

    def script(peer: Peer) -> None:
        peer.send(frame(Opcode.PING, b"are you there"))
        answers.append(peer.expect_frame())
        peer.send(text("thanks"))
        polite(peer)

    with connect(serve(script).url) as ws:
        assert ws.receive() == "thanks"
    assert answers[0].opcode is Opcode.PONG
    assert answers[0].data == b"are you there"


def test_a_pong_that_nobody_asked_for_is_ignored(serve: Servers) -> None:
    server = serve(lambda peer: peer.send(frame(Opcode.PONG, b"?"), text("x")))
    with connect(server.url) as ws:
        assert ws.receive() == "x"


@pytest.mark.slow
def test_a_receive_that_times_out_loses_nothing(serve: Servers) -> None:
    timed_out = Event()
    whole = text("in two pieces")

    def script(peer: Peer) -> None:
        peer.send(whole[:7])
        timed_out.wait()
        peer.send(whole[7:])
        polite(peer)

    with connect(serve(script).url) as ws:
        with pytest.raises(ReceiveTimeoutError):
            ws.receive(timeout=0.05)
        timed_out.set()
        assert ws.receive() == "in two pieces"


def test_killing_the_receiving_greenlet_loses_nothing(serve: Servers) -> None:
    killed = Event()
    whole = text("in two pieces")

    def script(peer: Peer) -> None:
        peer.send(whole[:7])
        killed.wait()
        peer.send(whole[7:])
        polite(peer)

    with connect(serve(script).url) as ws:
        receiver = gevent.spawn(ws.receive)
        gevent.sleep(0)
        receiver.kill()
        killed.set()
        assert ws.receive() == "in two pieces"


def test_a_timeout_of_the_caller_passes_through(serve: Servers) -> None:
    with connect(serve(polite).url) as ws:
        with pytest.raises(gevent.Timeout) as caught, gevent.Timeout(0.01) as own:
            ws.receive(timeout=20)
        assert caught.value is own


def test_a_second_receiver_is_told_so_and_the_first_goes_on(serve: Servers) -> None:
    asked = Event()

    def script(peer: Peer) -> None:
        asked.wait()
        peer.send(text("for the first"))
        polite(peer)

    with connect(serve(script).url) as ws:
        first = gevent.spawn(ws.receive)
        gevent.sleep(0)
        with pytest.raises(ConcurrentReceiveError, match="another greenlet"):
            ws.receive_batch()
        asked.set()
        assert first.get() == "for the first"


@pytest.mark.parametrize("timeout", [0, -1, float("nan")])
def test_a_timeout_must_be_above_0(serve: Servers, timeout: float) -> None:
    with connect(serve(polite).url) as ws, pytest.raises(ValueError, match="above 0"):
        ws.receive(timeout=timeout)
