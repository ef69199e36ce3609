"""The way through a proxy, which is a process of its own."""

from __future__ import annotations

from collections.abc import Iterator

import gevent
import pytest
import trustme
from connect_proxy import ConnectProxy
from gevent import socket
from gevent.ssl import SSLContext
from websocket_peer import Peer, Servers, assert_nothing_left, footprint, polite, text

from relay_runtime.settings.endpoint import Endpoint
from relay_runtime.settings.proxy import Proxy, parse_proxy
from relay_runtime.websocket import (
    CertificateUntrustedError,
    ConnectTimeoutError,
    LastGood,
    NetworkError,
    ProxyError,
    client_context,
    connect,
)
from relay_runtime.websocket.tunnel import open_tunnel

CREDENTIALS = "m@e:p a:s/s%"
ENCODED = "m%40e:p%20a%3As%2Fs%25"


@pytest.fixture(scope="module")
def proxy_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConnectProxy]:
    """A proxy that wants credentials."""
    with ConnectProxy(tmp_path_factory.mktemp("proxy"), credentials=CREDENTIALS) as running:
        yield running


@pytest.fixture(scope="module")
def tls_proxy(tmp_path_factory: pytest.TempPathFactory, authority: trustme.CA) -> Iterator[ConnectProxy]:
    """A proxy that is spoken to over TLS."""
    directory = tmp_path_factory.mktemp("tls-proxy")
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(directory / "proxy.pem"))
    with ConnectProxy(directory, cert=str(directory / "proxy.pem")) as running:
        yield running


@pytest.fixture
def proxy(proxy_process: ConnectProxy) -> Proxy:
    return parse_proxy(f"http://{ENCODED}@{proxy_process.address}")


def greeting(peer: Peer) -> None:
    peer.send(text("here"))
    polite(peer)


@pytest.mark.slow
def test_a_tunnel_is_opened_with_the_credentials_of_the_url(
    proxy_process: ConnectProxy, proxy: Proxy, serve: Servers, server_context: SSLContext, ca_file: str
) -> None:
    server = serve(greeting, tls=server_context)
    with connect(server.url, ca_file=ca_file, proxy=proxy) as ws:
        assert ws.receive() == "here"
    proxy_process.wait_for_asked(1)
    assert f"127.0.0.1:{server.port} open" in proxy_process.asked


@pytest.mark.slow
def test_an_ipv6_address_is_asked_for_in_brackets(proxy_process: ConnectProxy, proxy: Proxy) -> None:
    before = len(proxy_process.asked)
    with pytest.raises((NetworkError, ProxyError)):
        connect("wss://[::1]:1", proxy=proxy, ssl_context=client_context())
    proxy_process.wait_for_asked(before + 1)
    assert proxy_process.asked[-1] == "[::1]:1 open"


@pytest.mark.parametrize(
    ("host", "status", "retryable", "says"),
    [
        ("answers-403.invalid", 403, False, "HTTP status 403 Forbidden; see whether the proxy may be used"),
        ("answers-502.invalid", 502, True, "HTTP status 502 Bad Gateway; see whether the proxy can reach"),
        ("answers-503.invalid", 503, True, "HTTP status 503 Service Unavailable"),
        ("answers-429.invalid", 429, True, "HTTP status 429 Too Many Requests"),
        ("answers-599.invalid", 599, True, "HTTP status 599;"),
        ("digest.invalid", 407, False, "it takes credentials by digest alone"),
        ("garbage.invalid", None, False, "what it answered is not HTTP; check that an HTTP proxy is there"),
        ("gone.invalid", None, True, "it ended the connection"),
    ],
)
def test_what_it_answers_is_named_with_the_proxy(
    proxy: Proxy, host: str, status: int | None, says: str, *, retryable: bool
) -> None:
    begins = f"cannot connect to {host}:443 through the proxy {proxy.authority}: "
    with pytest.raises(ProxyError, match=f"^{begins}.*{says}") as caught:
        connect(f"wss://{host}", proxy=proxy, ssl_context=client_context())
    assert (caught.value.status, caught.value.retryable) == (status, retryable)
    assert (caught.value.host, caught.value.proxy) == (host, proxy.authority)


class Scripted:
    """A proxy that says some pieces, and then nothing, or ends the connection."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = list(pieces)

    def sendall(self, _: bytes) -> None:
        """Take the request."""

    def recv(self, _: int) -> bytes:
        assert self._pieces, "what was said is enough, and nobody has to wait for more"
        return self._pieces.pop(0)


BASIC = b'HTTP/1.1 407 No\r\nProxy-Authenticate: Negotiate, Basic realm="x, y", charset="UTF-8"\r\n'


@pytest.mark.parametrize(
    ("pieces", "says", "retryable"),
    [
        ((b"HTTP/1.1 20", b""), "it ended the connection", True),
        ((b"HTTP/1.1 200 OK\r\nVia: x", b""), "it ended the connection", True),
        ((b"220 smtp.example.com ready",), "is not HTTP", False),
        ((b"HTTP/2 200 OK\r\n",), "is not HTTP", False),
        ((b"HTTP/1.1 403 Forbidden\r\n",), "403 Forbidden", False),
        (
            (b"HTTP/1.1 407 No\r\n", b"Proxy-Authenticate: Digest x\r\n\r\n"),
            "it takes credentials by digest alone",
            False,
        ),
        ((BASIC, b""), "it refuses the credentials", False),
        ((BASIC, b"\r\n"), "it refuses the credentials", False),
    ],
)
def test_an_answer_is_judged_as_soon_as_it_can_be(pieces: tuple[bytes, ...], says: str, *, retryable: bool) -> None:
    proxy = parse_proxy("http://me:word@127.0.0.1:3128")
    with pytest.raises(ProxyError, match=says) as caught:
        open_tunnel(Scripted(*pieces), proxy, Endpoint("wss", "example.com", 443))
    assert caught.value.retryable is retryable


def test_what_comes_before_the_answer_is_passed_over() -> None:
    proxy = parse_proxy("http://127.0.0.1:3128")
    pieces = (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 1", b"02 Processing\r\n\r\nHTTP/1.1 200 OK\r\n\r\n")
    open_tunnel(Scripted(*pieces), proxy, Endpoint("wss", "example.com", 443))


@pytest.mark.parametrize(
    ("credentials", "says"),
    [("", "asks for credentials: give them in its URL"), ("me:SECRET@", "refuses the credentials of its URL")],
)
def test_a_407_says_whether_credentials_are_missing_or_wrong(
    proxy_process: ConnectProxy, credentials: str, says: str
) -> None:
    proxy = parse_proxy(f"http://{credentials}{proxy_process.address}")
    with pytest.raises(ProxyError, match=f"407 Proxy Authentication Required; it {says}") as caught:
        connect("wss://example.com", proxy=proxy, ssl_context=client_context())
    assert "SECRET" not in repr(caught.value)
    assert "SECRET" not in str(caught.value)
    assert not caught.value.retryable


def test_a_proxy_that_refuses_the_connection_is_named() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        proxy = parse_proxy(f"http://me:SECRET@127.0.0.1:{bound.getsockname()[1]}")
        with pytest.raises(
            ProxyError, match=f"through the proxy {proxy.authority}: the connection was refused"
        ) as caught:
            connect("wss://example.com", proxy=proxy, ssl_context=client_context())
    assert caught.value.retryable
    assert "SECRET" not in str(caught.value)


def test_a_proxy_whose_name_is_unknown_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object) -> object:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(ProxyError, match=r"proxy\.invalid:3128: the host name could not be resolved") as caught:
        connect("wss://example.com", proxy=parse_proxy("proxy.invalid:3128"), ssl_context=client_context())
    assert caught.value.retryable


def test_the_name_of_the_server_is_left_to_the_proxy(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    found = socket.getaddrinfo

    def note(host: str, *rest: object) -> object:
        asked.append(host)
        return found(host, *rest)

    monkeypatch.setattr(socket, "getaddrinfo", note)
    with pytest.raises(ProxyError):
        connect("wss://answers-403.invalid", proxy=proxy, ssl_context=client_context())
    assert asked == ["127.0.0.1"]


@pytest.mark.slow
def test_a_proxy_that_does_not_answer_ends_in_time_and_is_named(proxy: Proxy) -> None:
    with pytest.raises(
        ConnectTimeoutError, match=f"the answer of the proxy {proxy.authority} did not end within"
    ) as caught:
        connect("wss://silent.invalid", proxy=proxy, ssl_context=client_context(), open_timeout=0.5)
    assert caught.value.retryable


def test_an_answer_without_an_end_is_bounded(serve: Servers) -> None:
    def endless(peer: Peer) -> None:
        peer.sock.sendall(b"HTTP/1.1 200 OK\r\n")
        try:
            while True:
                peer.sock.sendall(b"X: " + b"x" * 8000 + b"\r\n")
        except OSError:
            pass

    server = serve(endless, upgrade=False)
    proxy = parse_proxy(f"127.0.0.1:{server.port}")
    with pytest.raises(ProxyError, match="does not come to an end"):
        connect("wss://example.com", proxy=proxy, ssl_context=client_context())


# Over TLS


@pytest.mark.slow
def test_a_proxy_is_spoken_to_over_tls_and_the_server_inside_of_that(
    tls_proxy: ConnectProxy, serve: Servers, server_context: SSLContext, ca_file: str
) -> None:
    server = serve(greeting, tls=server_context)
    proxy = parse_proxy(f"https://{tls_proxy.address}")
    with connect(server.url, ca_file=ca_file, proxy=proxy) as ws:
        assert ws.receive() == "here"
    with connect(serve(greeting).url, ca_file=ca_file, proxy=proxy) as ws:
        assert ws.receive() == "here"


@pytest.mark.slow
def test_a_proxy_over_tls_is_verified(tls_proxy: ConnectProxy) -> None:
    proxy = parse_proxy(f"https://{tls_proxy.address}")
    with pytest.raises(ProxyError, match=f"{proxy.authority}: the server's certificate is not trusted") as caught:
        connect("wss://example.com", proxy=proxy, ssl_context=client_context())
    assert not caught.value.retryable


@pytest.mark.slow
def test_a_proxy_that_speaks_no_tls_is_named(proxy_process: ConnectProxy) -> None:
    proxy = parse_proxy(f"https://{proxy_process.address}")
    with pytest.raises((ProxyError, ConnectTimeoutError), match=f"proxy {proxy.authority}"):
        connect("wss://example.com", proxy=proxy, ssl_context=client_context(), open_timeout=0.5)


def test_the_server_behind_the_tunnel_is_verified_too(proxy: Proxy, serve: Servers, server_context: SSLContext) -> None:
    server = serve(Peer.wait_for_end, tls=server_context)
    with pytest.raises(CertificateUntrustedError, match=f"127.0.0.1:{server.port}"):
        connect(server.url, proxy=proxy, ssl_context=client_context())


# What is kept, and what is left


def test_the_address_of_the_proxy_is_the_one_that_is_remembered(
    proxy_process: ConnectProxy, proxy: Proxy, serve: Servers
) -> None:
    good = LastGood()
    connect(serve(greeting).url, proxy=proxy, good=good).abort()
    assert good.address is not None
    assert good.address[4] == ("127.0.0.1", int(proxy_process.address.rpartition(":")[2]))


@pytest.mark.slow
def test_a_failed_attempt_leaves_nothing_behind(proxy: Proxy) -> None:
    context = client_context()

    def fail_each() -> None:
        for host in ("answers-403.invalid", "garbage.invalid", "silent.invalid"):
            with pytest.raises((ProxyError, ConnectTimeoutError)):
                connect(f"wss://{host}", proxy=proxy, ssl_context=context, open_timeout=0.3)
        gevent.sleep(0)

    fail_each()
    before = footprint()
    fail_each()
    assert_nothing_left(before)
