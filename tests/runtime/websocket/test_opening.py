"""How a connection is opened, and each way in which it can't be."""

from __future__ import annotations

import errno
import socket as blocking_socket
from collections.abc import Callable, Iterator
from typing import Any

import gevent
import pytest
from gevent import socket
from gevent.ssl import SSLContext
from websocket_peer import Peer, Servers, assert_nothing_left, footprint, frame, text
from websockets.frames import Opcode

from relay_runtime.websocket import (
    ConnectError,
    ConnectRefusedError,
    ConnectTimeoutError,
    HttpStatusError,
    LastGood,
    NameResolutionError,
    NetworkError,
    NotWebSocketPeerError,
    WebSocketError,
    client_context,
    connect,
)


def answer(response: bytes) -> Callable[[Peer], None]:
    """Read the request and give one fixed answer, leaving the connection open."""

    def script(peer: Peer) -> None:
        peer.read_request()
        peer.send(response)
        peer.wait_for_end()

    return script


@pytest.fixture
def closed_port() -> Iterator[int]:
    """Give a port on which nobody listens, and nobody can meanwhile."""
    with blocking_socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


@pytest.fixture
def black_hole() -> Iterator[int]:
    """Give a port whose queue of connections is full: the kernel drops what comes, and nobody answers."""
    listener = blocking_socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    fillers = []
    for _ in range(4):
        filler = blocking_socket.socket()
        filler.setblocking(False)
        filler.connect_ex(listener.getsockname())
        fillers.append(filler)
    yield listener.getsockname()[1]
    for each in [*fillers, listener]:
        each.close()


def resolve_to(monkeypatch: pytest.MonkeyPatch, *ports: int) -> None:
    """Let every name have several addresses: 127.0.0.1 at each of these ports."""
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)) for port in ports]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_arguments: found)


def test_a_refused_connection_says_where_and_can_be_tried_again(closed_port: int) -> None:
    with pytest.raises(ConnectRefusedError, match=f"127.0.0.1:{closed_port}") as caught:
        connect(f"ws://127.0.0.1:{closed_port}")
    assert caught.value.retryable
    assert (caught.value.host, caught.value.port) == ("127.0.0.1", closed_port)


def test_a_name_that_is_not_resolved_says_so_and_can_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object) -> list[Any]:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(NameResolutionError, match=r"relay\.example\.com:443.*could not be resolved") as caught:
        connect("wss://relay.example.com")
    assert caught.value.retryable


def test_an_address_that_refuses_is_followed_by_the_next_one(
    serve: Servers, monkeypatch: pytest.MonkeyPatch, closed_port: int
) -> None:
    server = serve(lambda peer: peer.send(text("here")))
    resolve_to(monkeypatch, closed_port, server.port)
    with connect("ws://localhost:1") as ws:
        assert ws.receive() == "here"


@pytest.mark.slow
def test_an_address_that_does_not_answer_leaves_time_for_the_next_one(
    serve: Servers, monkeypatch: pytest.MonkeyPatch, black_hole: int
) -> None:
    server = serve(lambda peer: peer.send(text("here")))
    resolve_to(monkeypatch, black_hole, server.port)
    with connect("ws://localhost:1", open_timeout=2) as ws:
        assert ws.receive() == "here"


@pytest.mark.slow
def test_an_address_that_does_not_answer_ends_in_time(black_hole: int) -> None:
    with pytest.raises(ConnectTimeoutError, match=r"TCP connect did not end within 0\.1 s") as caught:
        connect(f"ws://127.0.0.1:{black_hole}", open_timeout=0.1)
    assert caught.value.retryable
    assert (caught.value.stage, caught.value.seconds) == ("TCP connect", 0.1)


@pytest.mark.slow
def test_a_resolver_that_does_not_answer_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_arguments: gevent.sleep(60))
    with pytest.raises(ConnectTimeoutError, match="name resolution"):
        connect("ws://localhost:1", open_timeout=0.05)


@pytest.mark.slow
def test_a_peer_that_never_answers_the_handshake_ends_in_time(serve: Servers) -> None:
    server = serve(Peer.wait_for_end, upgrade=False)
    with pytest.raises(ConnectTimeoutError, match="WebSocket handshake"):
        connect(server.url, open_timeout=0.05)


@pytest.mark.slow
def test_a_peer_that_never_answers_the_tls_handshake_ends_in_time(serve: Servers) -> None:
    server = serve(Peer.wait_for_end, upgrade=False)
    with pytest.raises(ConnectTimeoutError, match="TLS handshake"):
        connect(f"wss://127.0.0.1:{server.port}", ssl_context=client_context(), open_timeout=0.1)


@pytest.mark.slow
def test_a_peer_that_drips_its_answer_ends_in_time(serve: Servers) -> None:
    def script(peer: Peer) -> None:
        answer_bytes = peer.handshake()
        try:
            for position in range(len(answer_bytes)):
                peer.send(answer_bytes[position : position + 1])
                gevent.sleep(0.02)
        except OSError:
            pass

    with pytest.raises(ConnectTimeoutError):
        connect(serve(script, upgrade=False).url, open_timeout=0.2)


def test_an_answer_in_many_pieces_is_read(serve: Servers) -> None:
    def script(peer: Peer) -> None:
        for byte in peer.handshake() + text("hello"):
            peer.send(bytes([byte]))
            gevent.sleep(0)

    with connect(serve(script, upgrade=False).url) as ws:
        assert ws.receive() == "hello"


@pytest.mark.slow
def test_a_timeout_of_the_caller_passes_through_and_the_socket_is_closed(serve: Servers) -> None:
    server = serve(Peer.wait_for_end, upgrade=False)
    with pytest.raises(gevent.Timeout) as caught, gevent.Timeout(0.05) as own:
        connect(server.url, open_timeout=50)
    assert caught.value is own
    serve.join()  # the script ends when its client is gone


@pytest.mark.parametrize(
    ("status", "retryable"), [(301, False), (401, False), (404, False), (429, True), (500, True), (503, True)]
)
def test_an_http_status_is_named_and_judged(serve: Servers, status: int, retryable: bool) -> None:
    server = serve(answer(b"HTTP/1.1 %d Whatever\r\nContent-Length: 0\r\n\r\n" % status), upgrade=False)
    with pytest.raises(HttpStatusError, match=f"HTTP status {status}") as caught:
        connect(server.url)
    assert caught.value.status == status
    assert caught.value.retryable is retryable


@pytest.mark.parametrize(
    "response",
    [
        b"HTTP/1.0 403 Forbidden\r\n\r\n",
        b"HTTP/1.1 403 Forbidden\r\nContent-Length: 999\r\n\r\nbody",
        b"HTTP/1.1 403\r\n",
    ],
    ids=["HTTP/1.0", "a body that never ends", "no reason phrase"],
)
def test_an_http_status_is_found_whatever_follows_it(serve: Servers, response: bytes) -> None:
    with pytest.raises(HttpStatusError, match="403 Forbidden"):
        connect(serve(answer(response), upgrade=False).url)


UPGRADE = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"


@pytest.mark.parametrize(
    "response",
    [
        b"220 mail.example.com ESMTP\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        UPGRADE + b"\r\n",
        UPGRADE + b"Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n",
        b"HTTP/1.1 101 " + b"x" * 100_000,
        UPGRADE + b"X: x\r\n" * 1000 + b"\r\n",
    ],
    ids=["another protocol", "no upgrade", "no key", "wrong key", "endless status line", "many headers"],
)
def test_a_peer_that_does_not_speak_websocket_is_named_so(serve: Servers, response: bytes) -> None:
    with pytest.raises(NotWebSocketPeerError) as caught:
        connect(serve(answer(response), upgrade=False).url)
    assert not caught.value.retryable


def test_an_extension_that_was_not_offered_is_refused(serve: Servers) -> None:
    def script(peer: Peer) -> None:
        offered = b"\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
        peer.send(peer.handshake().removesuffix(b"\r\n\r\n") + offered)
        peer.wait_for_end()

    with pytest.raises(NotWebSocketPeerError, match="no extensions"):
        connect(serve(script, upgrade=False).url)


def test_plain_ws_to_a_tls_port_says_to_use_wss(serve: Servers, server_context: SSLContext) -> None:
    # The server's own handshake fails, so that its script is never begun.
    server = serve(Peer.wait_for_end, tls=server_context)
    with pytest.raises((NotWebSocketPeerError, NetworkError)) as caught:
        connect(f"ws://127.0.0.1:{server.port}")
    if isinstance(caught.value, NotWebSocketPeerError):
        assert "wss://" in str(caught.value)


def test_a_tls_alert_in_answer_to_plain_ws_says_to_use_wss(serve: Servers) -> None:
    with pytest.raises(NotWebSocketPeerError, match="must begin with wss://"):
        connect(serve(answer(b"\x15\x03\x01\x00\x02\x02\x46"), upgrade=False).url)


@pytest.mark.parametrize("end", [lambda peer: None, Peer.reset], ids=["end of stream", "reset"])
def test_a_peer_that_goes_away_in_the_handshake_is_a_network_error(serve: Servers, end: Callable[[Peer], None]) -> None:
    def script(peer: Peer) -> None:
        peer.read_request()
        end(peer)

    with pytest.raises(NetworkError, match=r"during|cut off") as caught:
        connect(serve(script, upgrade=False).url)
    assert caught.value.retryable


def test_the_request_has_path_query_headers_and_agent_and_offers_no_compression(serve: Servers) -> None:
    requests = []

    def script(peer: Peer) -> None:
        assert peer.request is not None
        requests.append(peer.request)

    url = serve(script).url
    connect(f"{url}/a/path?and=query", headers={"X-Trace": "1"}, user_agent="mine/2").close()
    connect(url).close()
    assert requests[0].path == "/a/path?and=query"
    assert requests[0].headers["X-Trace"] == "1"
    assert requests[0].headers["User-Agent"] == "mine/2"
    assert "Sec-WebSocket-Extensions" not in requests[0].headers
    assert requests[1].path == "/"
    assert requests[1].headers["User-Agent"].startswith("relay-runtime")


@pytest.mark.parametrize(
    "headers",
    [
        {"X\r\nEvil": "1"},
        {"X": "1\r\nEvil: SECRET"},
        {"": "1"},
        {"X": "ü"},
        {"Host": "other"},
        {"sec-websocket-key": "x"},
        {"User-Agent": "x"},
    ],
)
def test_a_header_that_would_break_the_handshake_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="header") as caught:
        connect("ws://127.0.0.1:1", headers=headers)
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("ws://relay.example.com", "token would travel in clear"),
        ("relay.example.com", "begins with wss://"),
        ("https://relay.example.com", "scheme"),
        ("wss://user:SECRET@relay.example.com", "credentials"),
        ("wss://relay.example.com/?token=SECRET#x", "fragment"),
        ("wss://relay.example.com/?token=SECRET x", "spaces"),
    ],
)
def test_a_url_that_is_not_allowed_says_why_and_repeats_no_secret(url: str, says: str) -> None:
    with pytest.raises(ValueError, match=says) as caught:
        connect(url)
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize("name", ["max_size", "open_timeout", "close_timeout", "write_limit"])
def test_a_limit_must_be_above_0(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} must be above 0"):
        connect("ws://127.0.0.1:1", **{name: 0})  # type: ignore[arg-type]


def test_no_error_repeats_the_query(serve: Servers, closed_port: int) -> None:
    refusing = serve(answer(b"HTTP/1.1 403 Forbidden\r\n\r\n"), upgrade=False).url
    for url in (f"ws://127.0.0.1:{closed_port}", refusing):
        with pytest.raises(ConnectError) as caught:
            connect(f"{url}/?token=SECRET")
        assert "SECRET" not in repr(caught.value)
        assert "SECRET" not in str(caught.value)


def test_a_way_of_ones_own_is_dialled_in_place_of_the_network(serve: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    port = int(serve(lambda peer: peer.send(text("hello"))).url.rpartition(":")[2])
    dialled = socket.create_connection(("127.0.0.1", port))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: pytest.fail("nothing is resolved"))
    good = LastGood()
    # TLS is that way's own business: the URL's wss makes none here.
    with connect("wss://example.signalwire.com/path", dial=lambda: dialled, good=good) as opened:
        assert opened.receive(timeout=5) == "hello"
    assert good.address is None


@pytest.mark.parametrize(
    ("error", "kind", "says"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), ConnectRefusedError, "the connection was refused"),
        (OSError(errno.ENETUNREACH, "no network"), NetworkError, r"the TCP connection failed \(no network\)"),
        (TimeoutError("late"), ConnectTimeoutError, "the TCP connect did not end within 5 s"),
    ],
    ids=["refused", "unreachable", "late"],
)
def test_a_way_of_ones_own_fails_as_the_network_does(error: OSError, kind: type[Exception], says: str) -> None:
    def dial() -> Any:
        raise error

    with pytest.raises(kind, match=f"^cannot connect to example.signalwire.com:443: {says}"):
        connect("wss://example.signalwire.com", dial=dial, open_timeout=5)


@pytest.mark.slow
def test_a_way_of_ones_own_that_never_leads_anywhere_ends_in_time() -> None:
    with pytest.raises(ConnectTimeoutError, match="the TCP connect did not end within"):
        connect("ws://127.0.0.1:1", dial=lambda: gevent.sleep(60), open_timeout=0.05)


def test_small_messages_are_not_held_back(serve: Servers) -> None:
    with connect(serve(lambda peer: None).url) as ws:
        assert ws._sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_frames_that_come_with_the_handshake_are_read(serve: Servers) -> None:
    pongs = []

    def script(peer: Peer) -> None:
        peer.send(peer.handshake(), text("first"), frame(Opcode.PING, b"p"))
        pongs.append(peer.expect_frame())

    with connect(serve(script, upgrade=False).url) as ws:
        assert ws.receive() == "first"
        serve.join()
    assert pongs[0].opcode is Opcode.PONG


def not_tls(peer: Peer) -> None:
    peer.send(b"220 smtp\r\n")
    peer.wait_for_end()


@pytest.mark.slow
def test_a_failed_attempt_leaves_nothing_behind(serve: Servers, closed_port: int) -> None:
    urls = [
        f"ws://127.0.0.1:{closed_port}",
        serve(Peer.wait_for_end, upgrade=False).url,
        serve(answer(b"HTTP/1.1 403 Forbidden\r\n\r\n"), upgrade=False).url,
        serve(answer(b"220 smtp\r\n"), upgrade=False).url,
        serve(not_tls, upgrade=False).url.replace("ws:", "wss:"),
    ]

    context = client_context()

    def fail_each() -> None:
        for url in urls:
            with pytest.raises(WebSocketError):
                connect(url, ssl_context=context, open_timeout=0.1)
        serve.join()

    fail_each()
    before = footprint()
    fail_each()
    fail_each()
    assert_nothing_left(before)


# The address that was good the last time


def test_the_address_that_led_to_an_open_connection_is_tried_first(
    serve: Servers, monkeypatch: pytest.MonkeyPatch, closed_port: int
) -> None:
    server, good = serve(Peer.wait_for_end), LastGood()
    tried: list[object] = []
    connect_of = socket.socket.connect

    def note(sock: Any, address: Any) -> None:
        tried.append(address[1])
        connect_of(sock, address)

    monkeypatch.setattr(socket.socket, "connect", note)
    resolve_to(monkeypatch, closed_port, server.port)
    for _ in range(2):
        connect("ws://localhost:1", good=good).abort()
    assert tried == [closed_port, server.port, server.port]


def test_an_address_that_led_to_no_open_connection_is_not_kept(serve: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    good = LastGood()
    working = serve(Peer.wait_for_end)
    connect(working.url, good=good).abort()
    assert good.address is not None
    failing = serve(answer(b"HTTP/1.1 503 Service Unavailable\r\n\r\n"), upgrade=False)
    with pytest.raises(HttpStatusError):
        connect(failing.url, good=good)
    assert good.address is None
