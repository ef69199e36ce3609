from __future__ import annotations

import logging
import struct
from collections.abc import Callable

import gevent
import pytest
from gevent.event import Event
from websocket_peer import Peer, Servers, close_frame, footprint, frame, live_greenlets, text
from websockets.frames import Close, Opcode

from relay_runtime.websocket import (
    ConcurrentReceiveError,
    ConnectionClosed,
    ReceiveTimeoutError,
    WriteBufferFull,
    connect,
)


def nothing(peer: Peer) -> None:
    peer.wait_for_end()


def deaf(peer: Peer) -> None:
    """Read nothing."""
    peer.over.wait()


def polite(peer: Peer) -> None:
    """Answer the client's close frame and end the connection."""
    while (got := peer.read_frame()) is not None:
        if got.opcode is Opcode.CLOSE:
            peer.send(frame(Opcode.CLOSE, bytes(got.data)))
            return


# --- Receiving


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

    sizes = []
    with connect(serve(script).url) as ws:
        while sum(sizes) < 50_000:
            sizes.append(len(ws.receive_batch()))
    assert sum(sizes) == 50_000
    assert max(sizes) <= 4097  # 8 KiB of frames of two bytes, and one begun before


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


def test_a_ping_is_answered_with_its_payload_while_a_message_is_awaited(serve: Servers) -> None:
    answers = []

    def script(peer: Peer) -> None:
        peer.send(frame(Opcode.PING, b"are you there"))
        answers.append(peer.read_frame())
        peer.send(text("thanks"))
        polite(peer)

    with connect(serve(script).url) as ws:
        assert ws.receive() == "thanks"
    assert answers[0] is not None
    assert answers[0].opcode is Opcode.PONG
    assert answers[0].data == b"are you there"


def test_a_pong_that_nobody_asked_for_is_ignored(serve: Servers) -> None:
    server = serve(lambda peer: peer.send(frame(Opcode.PONG, b"?"), text("x")))
    with connect(server.url) as ws:
        assert ws.receive() == "x"


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


# --- Sending


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
        ws.send_text(b"t" * 125)
        ws.send_text(b"t" * 126)
        ws.send(big)
        ws.send("")
    expected = ["ü".encode(), b"\x00", b"t" * 125, b"t" * 126, big, b""]
    assert [payload for _, payload in got] == expected
    assert [kind for kind, _ in got] == [1, 2, 1, 1, 2, 1]


def test_many_greenlets_may_send_at_once(serve: Servers) -> None:
    got = []

    def script(peer: Peer) -> None:
        while len(got) < 1000:
            each = peer.read_frame()
            assert each is not None
            got.append(bytes(each.data))
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
    with pytest.raises(WriteBufferFull) as caught:  # noqa: PT012 - which call it is depends on the kernel's buffers
        for _ in range(10_000):
            ws.send_text(b"x" * 10_000)
            gevent.sleep(0)
    assert caught.value.limit == 100_000
    assert 100_000 <= ws.buffered < 120_000
    ws.abort()


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
            gevent.sleep(0)
        waiting = gevent.spawn(ws.send, "y")
        gevent.sleep(0)
        assert not waiting.ready()
        full.set()
        waiting.get()
    assert received == sent + 1


def test_send_gives_up_after_its_time_without_room(serve: Servers) -> None:
    ws = connect(serve(deaf).url, write_limit=100_000)
    while ws.buffered < 100_000:
        ws.send("x" * 50_000)
        gevent.sleep(0)
    with pytest.raises(WriteBufferFull):
        ws.send("y", timeout=0.05)
    ws.abort()


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
    with connect(serve(polite).url) as ws, pytest.raises(TypeError, match="str .* or bytes"):
        ws.send(message)  # type: ignore[arg-type]


# --- Closing from this side


def test_close_sends_code_and_reason_after_all_that_was_sent_before(serve: Servers) -> None:
    got = []

    def script(peer: Peer) -> None:
        while (each := peer.read_frame()) is not None:
            got.append(each)
            if each.opcode is Opcode.CLOSE:
                peer.send(frame(Opcode.CLOSE, bytes(each.data)))
                return

    ws = connect(serve(script).url)
    ws.send("last words")
    ws.close(4001, "bye")
    assert [got[0].data, Close.parse(got[1].data)] == [b"last words", Close(4001, "bye")]
    assert (ws.closed, ws.close_code, ws.close_reason) == (True, 4001, "bye")
    assert ws.buffered == 0


def test_close_can_be_repeated_and_called_at_once_by_several_greenlets(serve: Servers) -> None:
    ws = connect(serve(polite).url)
    gevent.joinall([gevent.spawn(ws.close) for _ in range(5)], raise_error=True)
    ws.close()
    assert ws.close_code == 1000


def test_a_peer_that_never_answers_the_close_is_dropped_as_1006(serve: Servers) -> None:
    ws = connect(serve(nothing).url, close_timeout=0.05)
    ws.close()
    assert ws.close_code == 1006


def test_a_peer_that_answers_the_close_and_keeps_the_socket_is_dropped_as_what_it_said(serve: Servers) -> None:
    def script(peer: Peer) -> None:
        peer.read_frame()
        peer.send(close_frame(1000, "ok"))
        peer.wait_for_end()

    ws = connect(serve(script).url, close_timeout=0.05)
    ws.close()
    assert (ws.close_code, ws.close_reason) == (1000, "ok")


def test_a_peer_that_does_not_read_cannot_hold_up_close(serve: Servers) -> None:
    ws = connect(serve(deaf).url, close_timeout=0.05)
    ws.send(b"x" * 8_000_000)
    ws.close()
    assert ws.close_code == 1006


def test_a_peer_that_floods_instead_of_answering_cannot_hold_up_close(serve: Servers) -> None:
    def script(peer: Peer) -> None:
        try:
            while True:
                peer.send(text("x" * 1000) * 100)
        except OSError:
            pass

    ws = connect(serve(script).url, close_timeout=0.05)
    ws.close()
    assert ws.close_code == 1006


def test_close_wakes_the_greenlet_that_receives(serve: Servers) -> None:
    ws = connect(serve(polite).url)
    receiver = gevent.spawn(ws.receive)
    gevent.sleep(0)
    ws.close()
    with pytest.raises(ConnectionClosed) as caught:
        receiver.get()
    assert caught.value.code == 1000


def test_what_came_before_the_end_is_handed_out_after_close(serve: Servers) -> None:
    def script(peer: Peer) -> None:
        peer.send(text("one") + text("two"))
        polite(peer)

    ws = connect(serve(script).url)
    assert ws.receive() == "one"
    ws.close()
    assert ws.receive() == "two"
    with pytest.raises(ConnectionClosed):
        ws.receive()


def test_a_receive_during_close_ends_with_it(serve: Servers) -> None:
    closing = Event()
    finish = Event()

    def script(peer: Peer) -> None:
        peer.read_frame()
        closing.set()
        finish.wait()
        peer.send(close_frame(1000))

    ws = connect(serve(script).url)
    closer = gevent.spawn(ws.close)
    closing.wait()
    receiver = gevent.spawn(ws.receive)
    gevent.sleep(0)
    finish.set()
    with pytest.raises(ConnectionClosed) as caught:
        receiver.get()
    assert caught.value.code == 1000
    closer.get()


def test_nothing_can_be_sent_once_close_has_begun(serve: Servers) -> None:
    def script(peer: Peer) -> None:
        while peer.read_frame() is not None:
            pass

    ws = connect(serve(script).url, close_timeout=0.1)
    closer = gevent.spawn(ws.close, 1001, "leaving")
    gevent.sleep(0)
    for send in (lambda: ws.send("x"), lambda: ws.send_text(b"x")):
        with pytest.raises(ConnectionClosed, match="1001"):
            send()
    closer.get()


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 2999, 5000])
def test_a_code_that_no_endpoint_may_send_is_refused_and_the_connection_stays_open(
    serve: Servers, code: int
) -> None:
    with connect(serve(polite).url) as ws:
        with pytest.raises(ValueError, match="accepted: 1000"):
            ws.close(code)
        assert not ws.closed


def test_a_reason_longer_than_a_close_frame_holds_is_refused(serve: Servers) -> None:
    with connect(serve(polite).url) as ws:
        with pytest.raises(ValueError, match="124 bytes"):
            ws.close(1000, "ü" * 62)
        ws.close(1000, "ü" * 61)


def test_a_block_that_fails_drops_the_connection_at_once(serve: Servers) -> None:
    with pytest.raises(KeyError), connect(serve(nothing).url, close_timeout=100) as ws:
        raise KeyError
    assert ws.close_code == 1006


# --- The end from the other side


def test_the_peers_close_gives_its_code_and_reason_after_the_messages_before_it(serve: Servers) -> None:
    answers = []

    def script(peer: Peer) -> None:
        peer.send(text("one"), text("two"), close_frame(1012, "restarting"))
        answers.append(peer.read_frame())

    ws = connect(serve(script).url)
    assert [ws.receive(), ws.receive()] == ["one", "two"]
    with pytest.raises(ConnectionClosed) as caught:
        ws.receive()
    assert (caught.value.code, caught.value.reason) == (1012, "restarting")
    with pytest.raises(ConnectionClosed):
        ws.send_text(b"too late")
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
        answers.append(peer.read_frame())

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

    ws = connect(serve(script).url)
    gone.wait()
    with pytest.raises(ConnectionClosed):  # noqa: PT012 - the first send is what finds the reset
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
def test_a_peer_that_breaks_the_protocol_is_told_the_code_and_so_is_the_reader(
    serve: Servers, bad: bytes, code: int
) -> None:
    told = []

    def script(peer: Peer) -> None:
        peer.send(text("good"), bad, text("ghost"))
        told.append(peer.read_frame())
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


# --- Dropping, and what is left behind


def test_abort_wakes_whoever_receives_or_waits_for_room(serve: Servers) -> None:
    ws = connect(serve(deaf).url, write_limit=1000)
    while ws.buffered < 1000:
        ws.send(b"x" * 100_000)
        gevent.sleep(0)
    waiting = [gevent.spawn(ws.receive), gevent.spawn(ws.send, "y")]
    gevent.sleep(0)
    ws.abort()
    ws.abort()
    for each in waiting:
        with pytest.raises(ConnectionClosed, match="1006"):
            each.get()
    assert ws.buffered == 0


def test_nothing_can_be_received_after_abort(serve: Servers) -> None:
    ws = connect(serve(lambda peer: peer.send(text("one"), text("two"))).url)
    assert ws.receive() == "one"
    ws.abort()
    with pytest.raises(ConnectionClosed):
        ws.receive_batch()


def end_by_close(url: str) -> None:
    connect(f"{url}/polite").close()


def end_by_abort(url: str) -> None:
    connect(f"{url}/silent").abort()


def end_by_abort_with_unwritten_data(url: str) -> None:
    ws = connect(f"{url}/silent")
    ws.send(b"x" * 8_000_000)
    gevent.sleep(0)
    ws.abort()


def end_by_unanswered_close(url: str) -> None:
    connect(f"{url}/silent", close_timeout=0.02).close()


def end_by_peers_close(url: str) -> None:
    ws = connect(f"{url}/closing", close_timeout=0.02)
    with pytest.raises(ConnectionClosed):
        ws.receive()
    ws.close()


def end_by_peers_close_and_nothing_else(url: str) -> None:
    ws = connect(f"{url}/closing", close_timeout=0.02)
    with pytest.raises(ConnectionClosed):
        ws.receive()
    gevent.sleep(0.1)  # longer than close_timeout: the connection cleans up by itself


def end_by_reset(url: str) -> None:
    ws = connect(f"{url}/reset")
    with pytest.raises(ConnectionClosed):
        ws.receive()


def end_by_protocol_error(url: str) -> None:
    ws = connect(f"{url}/broken", close_timeout=0.02)
    with pytest.raises(ConnectionClosed, match="1002"):
        ws.receive()
    ws.close()


def end_by_killing_everybody(url: str) -> None:
    ws = connect(f"{url}/silent", close_timeout=0.02)
    receiver = gevent.spawn(ws.receive, 50)
    closer = gevent.spawn(ws.close)
    gevent.sleep(0)
    gevent.killall([receiver, closer])
    gevent.sleep(0.1)


def by_path(peer: Peer) -> None:
    assert peer.request is not None
    path = peer.request.path
    if path == "/polite":
        polite(peer)
    elif path == "/closing":
        peer.send(close_frame(1001))
        peer.wait_for_end()
    elif path == "/reset":
        peer.reset()
    else:
        if path == "/broken":
            peer.send(frame(3))
        peer.wait_for_end()


@pytest.mark.parametrize(
    "end",
    [
        end_by_close,
        end_by_abort,
        end_by_abort_with_unwritten_data,
        end_by_unanswered_close,
        end_by_peers_close,
        end_by_peers_close_and_nothing_else,
        end_by_reset,
        end_by_protocol_error,
        end_by_killing_everybody,
    ],
)
def test_no_greenlet_descriptor_or_timer_is_left_at_the_end(serve: Servers, end: Callable[[str], None]) -> None:
    server = serve(by_path)
    end(server.url)  # whatever is made once in a process is made now
    serve.join()
    before = footprint()
    for _ in range(5):
        end(server.url)
    serve.join()
    assert footprint() == before


def test_a_connection_whose_writer_is_killed_ends(serve: Servers) -> None:
    before = set(map(id, live_greenlets()))
    ws = connect(serve(nothing).url)
    gevent.sleep(0)
    (writer,) = [each for each in live_greenlets() if id(each) not in before and "Writer" in repr(each)]
    writer.kill()
    with pytest.raises(ConnectionClosed, match="1006"):
        ws.receive(timeout=5)


# --- What is shown


def test_the_logs_of_websockets_show_no_frame(serve: Servers, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with connect(serve(lambda peer: (peer.send(text("SECRET")), polite(peer))[1]).url) as ws:
        ws.send("SECRET")
        assert ws.receive() == "SECRET"
    assert "SECRET" not in caplog.text


def test_the_repr_shows_the_peer_and_the_state_and_no_query(serve: Servers) -> None:
    server = serve(polite)
    ws = connect(f"{server.url}/?token=SECRET")
    assert repr(ws) == f"<WebSocket 127.0.0.1:{server.port} open>"
    ws.close()
    assert repr(ws) == f"<WebSocket 127.0.0.1:{server.port} closed 1000>"
