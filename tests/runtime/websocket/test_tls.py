"""TLS of the client: what is verified, and each failure in its own words."""

from __future__ import annotations

import datetime as dt
import ssl
from collections.abc import Callable
from threading import get_ident

import gevent
import pytest
import trustme
from gevent.event import Event
from gevent.socket import socket, socketpair
from gevent.ssl import SSLContext
from websocket_peer import Peer, Server, Servers, assert_nothing_left, close_frame, context_of, footprint, text
from websockets.frames import Opcode

from relay_runtime.websocket import (
    CaFileError,
    CertificateExpiredError,
    CertificateHostError,
    CertificateUntrustedError,
    ConnectionClosed,
    NetworkError,
    PlaintextPeerError,
    TlsError,
    client_context,
    connect,
    opening,
)

pytestmark = pytest.mark.slow  # processes and sockets


def polite(peer: Peer) -> None:
    while (got := peer.read_frame()) is not None:
        if got.opcode is Opcode.CLOSE:
            peer.send(close_frame(1000))
            return


def unreached(_peer: Peer) -> None:
    raise AssertionError("the client accepted the server's certificate")


def test_a_certificate_of_an_authority_in_the_ca_file_is_accepted(
    serve: Servers, server_context: SSLContext, ca_file: str
) -> None:
    server = serve(lambda peer: peer.send(text("hello")), tls=server_context)
    for host in ("127.0.0.1", "localhost"):
        with connect(f"wss://{host}:{server.port}", ca_file=ca_file) as ws:
            assert ws.receive() == "hello"


def test_a_certificate_of_an_authority_of_the_system_is_accepted(
    serve: Servers, server_context: SSLContext, ca_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", ca_file)  # where OpenSSL looks for the system's authorities
    server = serve(lambda peer: peer.send(text("hello")), tls=server_context)
    with connect(server.url) as ws:
        assert ws.receive() == "hello"


def test_one_context_serves_many_connections(serve: Servers, server_context: SSLContext, ca_file: str) -> None:
    server = serve(lambda peer: peer.send(text("hello")), tls=server_context)
    context = client_context(ca_file)
    for _ in range(3):
        with connect(server.url, ssl_context=context) as ws:
            assert ws.receive() == "hello"


def test_a_certificate_of_an_unknown_authority_is_refused(serve: Servers, server_context: SSLContext) -> None:
    server = serve(unreached, tls=server_context, upgrade=False)
    with pytest.raises(CertificateUntrustedError, match="CA file") as caught:
        connect(server.url)
    assert not caught.value.retryable


def test_a_certificate_for_another_name_is_refused(serve: Servers, authority: trustme.CA, ca_file: str) -> None:
    context = context_of(authority.issue_cert("other.example.com", "127.0.0.2"))
    server = serve(unreached, tls=context, upgrade=False)
    for host in ("127.0.0.1", "localhost"):
        with pytest.raises(CertificateHostError, match="another host name"):
            connect(f"wss://{host}:{server.port}", ca_file=ca_file)


def test_a_certificate_with_only_a_common_name_is_refused(serve: Servers, authority: trustme.CA, ca_file: str) -> None:
    context = context_of(authority.issue_cert(common_name="localhost"))
    server = serve(unreached, tls=context, upgrade=False)
    with pytest.raises(CertificateHostError):
        connect(f"wss://localhost:{server.port}", ca_file=ca_file)


@pytest.mark.parametrize("days", [(-20, -10), (10, 20)], ids=["expired", "not yet valid"])
def test_a_certificate_out_of_its_time_is_refused(
    serve: Servers, authority: trustme.CA, ca_file: str, days: tuple[int, int]
) -> None:
    now = dt.datetime.now(dt.UTC)
    begin, end = (now + dt.timedelta(days=day) for day in days)
    context = context_of(authority.issue_cert("127.0.0.1", not_before=begin, not_after=end))
    server = serve(unreached, tls=context, upgrade=False)
    with pytest.raises(CertificateExpiredError, match="clock"):
        connect(server.url, ca_file=ca_file)


@pytest.mark.parametrize("says", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"220 mail.example.com ESMTP\r\n"])
def test_a_peer_without_tls_is_named_so(serve: Servers, says: bytes) -> None:
    def script(peer: Peer) -> None:
        peer.send(says)
        peer.wait_for_end()

    server = serve(script, upgrade=False)
    with pytest.raises(PlaintextPeerError, match="does not speak TLS") as caught:
        connect(f"wss://127.0.0.1:{server.port}")
    assert not caught.value.retryable


def test_a_peer_that_goes_away_in_the_tls_handshake_is_a_network_error(serve: Servers) -> None:
    def script(peer: Peer) -> None:
        peer.sock.recv(65536)

    server = serve(script, upgrade=False)
    with pytest.raises(NetworkError, match="TLS handshake") as caught:
        connect(f"wss://127.0.0.1:{server.port}")
    assert caught.value.retryable


def test_a_tls_alert_is_a_tls_error_with_its_reason(serve: Servers) -> None:
    def script(peer: Peer) -> None:
        peer.sock.recv(65536)
        peer.send(b"\x15\x03\x03\x00\x02\x02\x46")  # fatal alert 70: protocol_version
        peer.wait_for_end()

    server = serve(script, upgrade=False)
    with pytest.raises(TlsError, match=r"TLS 1\.2 or newer") as caught:
        connect(f"wss://127.0.0.1:{server.port}")
    assert type(caught.value) is TlsError
    assert "PROTOCOL_VERSION" in caught.value.detail


def test_the_context_verifies_and_wants_tls_1_2() -> None:
    context = client_context()
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname
    assert not context.hostname_checks_common_name
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2


def test_the_ca_file_adds_to_the_systems_authorities(ca_file: str) -> None:
    assert client_context(ca_file).cert_store_stats()["x509_ca"] == client_context().cert_store_stats()["x509_ca"] + 1


def test_a_ca_file_that_cannot_be_used_is_named(tmp_path: object) -> None:
    garbage = f"{tmp_path}/garbage.pem"
    with open(garbage, "w") as file:
        file.write("not a certificate")
    empty = f"{tmp_path}/empty.pem"
    with open(empty, "w"):
        pass
    for path, says in [
        (f"{tmp_path}/missing.pem", "does not exist"),
        (str(tmp_path), "is a directory"),
        (garbage, "holds no PEM certificate"),
        (empty, "holds no PEM certificate"),
        ("a\0b", "cannot be read"),
    ]:
        with pytest.raises(CaFileError, match=says) as caught:
            connect("wss://127.0.0.1:1", ca_file=path)
        assert repr(path) in str(caught.value)
        assert isinstance(caught.value, ValueError)


def test_the_authorities_are_read_in_a_thread_so_that_other_greenlets_go_on(
    serve: Servers, server_context: SSLContext, ca_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[int] = []

    def note_thread(path: str | None) -> SSLContext:
        threads.append(get_ident())
        return client_context(path)

    monkeypatch.setattr(opening, "client_context", note_thread)
    connect(serve(polite, tls=server_context).url, ca_file=ca_file).close()
    assert len(threads) == 1
    assert threads[0] != get_ident()


def test_a_context_whose_sockets_block_is_refused() -> None:
    with pytest.raises(TypeError, match=r"gevent\.ssl\.SSLContext"):
        connect("wss://127.0.0.1:1", ssl_context=ssl.create_default_context())


def test_a_context_that_does_not_verify_is_refused() -> None:
    unchecked_name = client_context()
    unchecked_name.check_hostname = False
    unverified = client_context()
    unverified.check_hostname = False
    unverified.verify_mode = ssl.CERT_NONE
    for context in (unchecked_name, unverified):
        with pytest.raises(ValueError, match="must verify"):
            connect("wss://127.0.0.1:1", ssl_context=context)


def test_a_context_that_allows_old_tls_is_refused() -> None:
    context = client_context()
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    with pytest.raises(ValueError, match="TLSv1_2"):
        connect("wss://127.0.0.1:1", ssl_context=context)


def test_a_context_and_a_ca_file_exclude_each_other(ca_file: str) -> None:
    with pytest.raises(ValueError, match="either"):
        connect("wss://127.0.0.1:1", ssl_context=client_context(), ca_file=ca_file)


def repeat(send: Callable[[], None]) -> None:
    for _ in range(200):
        send()


def test_both_directions_flow_at_once_over_tls(serve: Servers, server_context: SSLContext, ca_file: str) -> None:
    received: list[int] = []

    def script(peer: Peer) -> None:
        sending = gevent.spawn(repeat, lambda: peer.send(text("x" * 10_000)))
        received.extend(len(peer.expect_frame().data) for _ in range(200))
        sending.get()
        polite(peer)

    with connect(serve(script, tls=server_context).url, ca_file=ca_file) as ws:
        sending = gevent.spawn(repeat, lambda: ws.send(b"y" * 10_000))
        got = 0
        while got < 200:
            got += len(ws.receive_batch())
        sending.get()
    assert received == [10_000] * 200


def test_a_reader_whose_socket_is_dropped_as_data_comes_sees_the_end(
    serve: Servers, server_context: SSLContext, ca_file: str
) -> None:
    # The data and the two alarms become readable in one turn of the loop. gevent wakes those who wait in an order of
    # its own; an alarm on either side makes sure that one of them drops the socket before the reader wakes.
    ready = Event()
    alarms = [socketpair(), socketpair()]

    def script(peer: Peer) -> None:
        ready.wait()
        peer.send(text("x"))
        for bell, _ in alarms:
            bell.send(b"!")
        peer.wait_for_end()

    def drop_at(alarm: socket) -> None:
        alarm.recv(1)
        ws.abort()

    first = gevent.spawn(drop_at, alarms[0][1])
    ws = connect(serve(script, tls=server_context).url, ca_file=ca_file)
    reader = gevent.spawn(ws.receive)
    gevent.sleep(0)
    second = gevent.spawn(drop_at, alarms[1][1])
    gevent.sleep(0)
    ready.set()
    with pytest.raises(ConnectionClosed, match="1006"):
        reader.get()
    gevent.joinall([first, second], raise_error=True)
    for pair in alarms:
        for end in pair:
            end.close()


def ends(server: Server, context: SSLContext) -> None:
    ws = connect(server.url, ssl_context=context, close_timeout=0.02)
    receiver = gevent.spawn(ws.receive)
    ws.send(b"x" * 4_000_000)
    gevent.sleep(0)
    ws.abort()
    with pytest.raises(ConnectionClosed):
        receiver.get()
    connect(server.url, ssl_context=context).close()


@pytest.mark.slow
def test_nothing_is_left_at_the_end_over_tls(serve: Servers, server_context: SSLContext, ca_file: str) -> None:
    server = serve(polite, tls=server_context)
    context = client_context(ca_file)
    ends(server, context)
    serve.join()
    before = footprint()
    for _ in range(3):
        ends(server, context)
    serve.join()
    assert_nothing_left(before)
