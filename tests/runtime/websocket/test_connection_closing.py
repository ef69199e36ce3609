"""The end of a connection from this side, and what it leaves behind."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from io import StringIO

import gevent
import pytest
from gevent.event import Event
from websocket_peer import (
    Peer,
    Servers,
    assert_nothing_left,
    close_frame,
    deaf,
    footprint,
    frame,
    live_greenlets,
    nothing,
    polite,
    text,
)
from websockets.frames import Close, Opcode

from relay_runtime.websocket import ConnectionClosed, connect


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


@pytest.mark.slow
def test_a_peer_that_never_answers_the_close_is_dropped_as_1006(serve: Servers) -> None:
    ws = connect(serve(nothing).url, close_timeout=0.05)
    ws.close()
    assert ws.close_code == 1006


@pytest.mark.slow
def test_a_peer_that_answers_the_close_and_keeps_the_socket_is_dropped_as_what_it_said(serve: Servers) -> None:
    def script(peer: Peer) -> None:
        peer.read_frame()
        peer.send(close_frame(1000, "ok"))
        peer.wait_for_end()

    ws = connect(serve(script).url, close_timeout=0.05)
    ws.close()
    assert (ws.close_code, ws.close_reason) == (1000, "ok")


@pytest.mark.slow
def test_a_peer_that_does_not_read_cannot_hold_up_close(serve: Servers) -> None:
    ws = connect(serve(deaf).url, close_timeout=0.05)
    ws.send(b"x" * 8_000_000)
    ws.close()
    assert ws.close_code == 1006


@pytest.mark.slow
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


def test_what_comes_during_close_is_not_kept(serve: Servers) -> None:
    def script(peer: Peer) -> None:
        peer.expect_frame()
        peer.send(text("ghost") * 1000, close_frame(1000))

    ws = connect(serve(script).url)
    ws.close()
    with pytest.raises(ConnectionClosed):
        ws.receive()


def test_a_peer_that_answers_the_close_with_nonsense_is_1006(serve: Servers) -> None:
    def script(peer: Peer) -> None:
        peer.expect_frame()
        peer.send(frame(3))

    ws = connect(serve(script).url)
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


@pytest.mark.slow
def test_nothing_can_be_sent_once_close_has_begun(serve: Servers) -> None:
    def script(peer: Peer) -> None:
        while peer.read_frame() is not None:
            pass

    ws = connect(serve(script).url, close_timeout=0.1)
    closer = gevent.spawn(ws.close, 1001, "leaving")
    gevent.sleep(0)
    with pytest.raises(ConnectionClosed, match="1001"):
        ws.send("x")
    with pytest.raises(ConnectionClosed, match="1001"):
        ws.send_texts([b"x"])
    closer.get()


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 2999, 5000])
def test_a_code_that_no_endpoint_may_send_is_refused_and_the_connection_stays_open(serve: Servers, code: int) -> None:
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


def test_abort_wakes_whoever_receives_or_waits_for_room(serve: Servers) -> None:
    ws = connect(serve(deaf).url, write_limit=1000)
    while ws.buffered < 1000:
        ws.send(b"x" * 100_000)
        gevent.sleep(0)
    receiver, sender = gevent.spawn(ws.receive), gevent.spawn(ws.send, "y")
    gevent.sleep(0)
    ws.abort()
    ws.abort()
    with pytest.raises(ConnectionClosed, match="1006"):
        receiver.get()
    with pytest.raises(ConnectionClosed, match="1006"):
        sender.get()
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
@pytest.mark.slow
def test_no_greenlet_descriptor_or_timer_is_left_at_the_end(serve: Servers, end: Callable[[str], None]) -> None:
    server = serve(by_path)
    end(server.url)  # whatever is made once in a process is made now
    serve.join()
    before = footprint()
    for _ in range(5):
        end(server.url)
    serve.join()
    assert_nothing_left(before)


def test_a_connection_whose_writer_is_killed_ends(serve: Servers) -> None:
    before = set(live_greenlets())  # themselves: an id may be that of another one soon
    ws = connect(serve(nothing).url)
    gevent.sleep(0)
    (writer,) = [each for each in live_greenlets() if each not in before and "Writer" in repr(each)]
    writer.kill()
    with pytest.raises(ConnectionClosed, match="1006"):
        ws.receive(timeout=5)


@pytest.fixture
def standard_logs() -> Iterator[StringIO]:
    """What the standard library's loggers write, down to debug."""
    root, written = logging.getLogger(), StringIO()
    handler, level = logging.StreamHandler(written), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield written
    root.setLevel(level)
    root.removeHandler(handler)


def test_the_logs_of_websockets_show_no_frame(serve: Servers, standard_logs: StringIO) -> None:
    logging.getLogger("websockets.client").debug("at work")

    def script(peer: Peer) -> None:
        peer.send(text("SECRET"))
        polite(peer)

    with connect(serve(script).url) as ws:
        ws.send("SECRET")
        assert ws.receive() == "SECRET"
    assert standard_logs.getvalue().startswith("at work\n")
    assert "SECRET" not in standard_logs.getvalue()


def test_the_repr_shows_the_peer_and_the_state_and_no_query(serve: Servers) -> None:
    server = serve(polite)
    ws = connect(f"{server.url}/?token=SECRET")
    assert repr(ws) == f"<WebSocket 127.0.0.1:{server.port} open>"
    ws.close()
    assert repr(ws) == f"<WebSocket 127.0.0.1:{server.port} closed 1000>"
