"""Opening a WebSocket: name resolution, TCP, TLS and the WebSocket handshake, all within one deadline."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import gevent
from gevent import socket
from gevent.ssl import SSLContext, SSLSocket
from websockets.protocol import State
from websockets.uri import WebSocketURI

from relay_runtime.settings.endpoint import Endpoint, parse_host
from relay_runtime.settings.proxy import Proxy
from relay_runtime.version import AGENT
from relay_runtime.websocket.addresses import Address, LastGood, connect_to_one, in_turn
from relay_runtime.websocket.connection import WebSocket
from relay_runtime.websocket.errors import (
    CaFileError,
    ConnectError,
    ConnectRefusedError,
    ConnectTimeoutError,
    HttpStatusError,
    NameResolutionError,
    NetworkError,
    NotWebSocketPeerError,
    ProxyError,
)
from relay_runtime.websocket.framing import FrameProtocol
from relay_runtime.websocket.sockets import Stream, own
from relay_runtime.websocket.tls import checked_context, client_context, handshake_error
from relay_runtime.websocket.tls_in_tls import TlsInTls
from relay_runtime.websocket.tunnel import open_tunnel
from relay_runtime.websocket.writer import Writer

_READ_SIZE = 4096  # bytes
_STATUS_LINE = re.compile(rb"HTTP/[0-9.]+ ([1-5][0-9]{2})[ \r]")
_STATUS_LINE_SIZE = 32  # bytes of the response within which its status stands
_TLS_ALERT = 0x15
_HEADER_NAME = re.compile(r"[-!#$%&'*+.^_`|~0-9A-Za-z]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e]*")
_QUERY = re.compile(r"[\x21\x22\x24-\x7e]*")
_PROXY_ADVICE = "check the address of the proxy, that it is running, and the network between"
_OWN_HEADERS = {"host", "upgrade", "connection", "content-length", "transfer-encoding", "user-agent"}


def connect(
    url: str,
    *,
    ssl_context: SSLContext | None = None,
    ca_file: str | None = None,
    max_size: int = 10 * 2**20,
    open_timeout: float = 10.0,
    close_timeout: float = 2.0,
    write_limit: int = 16 * 2**20,
    headers: Mapping[str, str] | None = None,
    user_agent: str | None = None,
    proxy: Proxy | None = None,
    good: LastGood | None = None,
    dial: Callable[[], Stream] | None = None,
) -> WebSocket:
    """Open a WebSocket; blocks the calling greenlet until it is open, and no other one.

    The server is verified always (RFC 6455 over TLS 1.2 or newer), and so is a proxy that is spoken to over TLS.
    Compression is not offered. The addresses of the host, or of the proxy, are tried side by side (RFC 8305).

    Args:
        url: A ``wss://`` URL, or ``ws://`` for a loopback host; it may have a path and a query.
        ssl_context: A verifying ``gevent.ssl.SSLContext``, which may serve many connections; None makes one with
            ``client_context(ca_file)``, which takes up to 0.1 s.
        ca_file: Path of a PEM file with authorities to trust besides the system's; not together with
            ``ssl_context``.
        max_size: Largest message accepted, in bytes; a longer one ends the connection with code 1009.
        open_timeout: Seconds for everything until the connection is open.
        close_timeout: Seconds for the closing handshake.
        write_limit: Bytes that may wait to be written.
        headers: Further headers for the opening handshake.
        user_agent: The header User-Agent; None names this package and its version.
        proxy: The HTTP proxy that connects to the server; None is none.
        good: Which address led to an open connection the last time; it is tried first, and kept up to date.
        dial: Opens the way to the server instead of TCP, TLS and a proxy, such as one that stays in this process; may
            block, and raises the OSError that a socket's ``connect`` would. None goes over the network.

    Returns:
        The open connection.

    Raises:
        ConnectError: It could not be opened; the class says why, ``retryable`` whether to try again.
        CaFileError: The CA file cannot be used.
        ValueError: An argument is not allowed.
        TypeError: ``ssl_context`` is not gevent's.
    """
    _check_positive(max_size=max_size, open_timeout=open_timeout, close_timeout=close_timeout, write_limit=write_limit)
    endpoint, target = _parse_url(url)
    extra = {"User-Agent": AGENT if user_agent is None else user_agent, **_own(headers or {})}
    _check_header("User-Agent", extra["User-Agent"])
    if ssl_context is not None:
        if ca_file is not None:
            raise ValueError("pass either ssl_context or ca_file; client_context(ca_file) makes a context with both")
        checked_context(ssl_context)
    opening = _Opening(endpoint, _Way(proxy, good or LastGood(), dial), ssl_context, ca_file, open_timeout)
    return opening.run(_Request(target, extra, max_size, write_limit, close_timeout))


@dataclass(frozen=True, slots=True)
class _Request:
    """What is asked of the server, and how the connection is to be."""

    target: str
    headers: Mapping[str, str]
    max_size: int
    write_limit: int
    close_timeout: float


@dataclass(frozen=True, slots=True)
class _Way:
    """The way to the server: the proxy on it, if there is one, and the address that it led by the last time.

    Or ``dial``, which knows another.
    """

    proxy: Proxy | None
    good: LastGood
    dial: Callable[[], Stream] | None


class _Opening:
    """One attempt to open a connection; owns the socket until the connection does."""

    def __init__(
        self, endpoint: Endpoint, way: _Way, context: SSLContext | None, ca_file: str | None, timeout: float
    ) -> None:
        self._endpoint = endpoint
        self._way = way
        self._context = context
        self._ca_file = ca_file
        self._timeout = timeout
        self._stage = ""
        self._stream: Stream | None = None

    def run(self, request: _Request) -> WebSocket:
        """Open the connection, or leave nothing behind."""
        expiry = gevent.Timeout.start_new(self._timeout)
        good = self._way.good
        tried, good.address = good.address, None  # what fails later is not tried first again
        try:
            address = self._reach(tried)
            opened = self._upgrade(request)
            good.address = address
            return opened
        except BaseException as error:
            if self._stream is not None:
                self._stream.close()
            if error is expiry:
                raise self._timed_out() from None
            raise
        finally:
            expiry.close()

    def _reach(self, tried: Address | None) -> Address | None:
        """Open the way to the server; return the address by which it led, if it led over the network."""
        endpoint, proxy = self._endpoint, self._way.proxy
        if self._way.dial is not None:
            self._dial(self._way.dial)
            return None
        context = self._tls_context() if endpoint.secure or (proxy is not None and proxy.secure) else None
        address = self._connect(endpoint, tried) if proxy is None else self._connect_by(proxy, tried, context)
        if endpoint.secure:
            self._start_tls(endpoint, context)
        return address

    def _dial(self, dial: Callable[[], Stream]) -> None:
        self._stage = "TCP connect"
        try:
            self._stream = dial()
        except OSError as error:
            raise self._connect_error(self._endpoint, error) from error

    def _tls_context(self) -> SSLContext:
        self._stage = "reading of trusted certificates"
        if self._context is not None:
            return self._context
        # Reading the system's authorities takes up to 0.1 s; in a thread it does not hold up the other greenlets.
        made = gevent.get_hub().threadpool.apply(_made_context, (self._ca_file,))
        if isinstance(made, CaFileError):
            raise made
        return made

    def _connect_by(self, proxy: Proxy, tried: Address | None, context: SSLContext | None) -> Address:
        """Have a proxy connect to the server."""
        of = f" for the proxy {proxy.authority}"
        try:
            address = self._connect(proxy, tried, of)
            if proxy.secure:
                self._start_tls(proxy, context, of)
            self._stage = f"answer of the proxy {proxy.authority}"
            assert self._stream is not None
            open_tunnel(self._stream, proxy, self._endpoint)
        except (ProxyError, ConnectTimeoutError):
            raise
        except ConnectError as error:
            retryable = error.retryable
            raise ProxyError(self._endpoint, proxy, error.problem, _PROXY_ADVICE, retryable=retryable) from error
        except OSError as error:
            problem = f"it ended the connection ({_reason(error)})"
            raise ProxyError(self._endpoint, proxy, problem, _PROXY_ADVICE, retryable=True) from error
        return address

    def _connect(self, to: Endpoint | Proxy, tried: Address | None, of: str = "") -> Address:
        self._stage = f"name resolution{of}"
        try:
            found = socket.getaddrinfo(to.host, to.port, 0, socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError) as error:
            raise NameResolutionError(to.host, to.port) from error
        self._stage = f"TCP connect{of}"
        try:
            sock, address = connect_to_one(in_turn(found, tried))
        except OSError as error:
            raise self._connect_error(to, error) from error
        self._stream = sock
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return address

    def _connect_error(self, to: Endpoint | Proxy, error: OSError) -> ConnectError:
        if isinstance(error, TimeoutError):
            return self._timed_out()
        if isinstance(error, ConnectionRefusedError):
            return ConnectRefusedError(to.host, to.port)
        return NetworkError(to.host, to.port, f"the TCP connection failed ({_reason(error)})")

    def _start_tls(self, to: Endpoint | Proxy, context: SSLContext | None, of: str = "") -> None:
        self._stage = f"TLS handshake{of}"
        assert context is not None
        carrier = self._stream
        try:
            if isinstance(carrier, SSLSocket):
                inner = TlsInTls(carrier, context, to.host)
                self._stream = inner
                inner.do_handshake()
            else:
                assert isinstance(carrier, socket.socket)
                secured = context.wrap_socket(carrier, server_hostname=to.host, do_handshake_on_connect=False)
                self._stream = secured
                own(secured)
                secured.do_handshake()
        except ssl.SSLError as error:
            raise handshake_error(to.host, to.port, error) from error
        except OSError as error:
            raise NetworkError(to.host, to.port, f"the TLS handshake was cut off ({_reason(error)})") from error

    def _upgrade(self, request: _Request) -> WebSocket:
        self._stage = "WebSocket handshake"
        endpoint, stream = self._endpoint, self._stream
        assert stream is not None
        writer = Writer(stream, limit=request.write_limit)
        protocol = FrameProtocol(_uri(endpoint, request.target), writer, max_size=request.max_size)
        handshake = protocol.connect()
        handshake.headers.update(request.headers)
        protocol.send_request(handshake)
        try:
            stream.sendall(b"".join(protocol.data_to_send()))
            self._read_response(stream, protocol)
        except OSError as error:
            problem = f"the WebSocket handshake was cut off ({_reason(error)})"
            raise NetworkError(endpoint.host, endpoint.port, problem) from error
        return WebSocket(stream, protocol, writer, peer=endpoint.authority, close_timeout=request.close_timeout)

    def _read_response(self, stream: Stream, protocol: FrameProtocol) -> None:
        host, port = self._endpoint.host, self._endpoint.port
        head = b""
        while protocol.state is State.CONNECTING:
            data = stream.recv(_READ_SIZE)
            if not data:
                raise NetworkError(host, port, "the server ended the connection during the WebSocket handshake")
            if len(head) < _STATUS_LINE_SIZE:
                head += data[:_STATUS_LINE_SIZE]
                self._check_head(head)
            protocol.receive_data(data)
            if protocol.handshake_exc is not None:
                raise NotWebSocketPeerError(host, port, _handshake_problem(protocol.handshake_exc))

    def _check_head(self, head: bytes) -> None:
        """Judge a response by its first bytes: its body may never end, and HTTP/1.0 is an answer too."""
        host, port = self._endpoint.host, self._endpoint.port
        if head[0] == _TLS_ALERT and not self._endpoint.secure:
            raise NotWebSocketPeerError(host, port, "it speaks TLS, so the URL must begin with wss://")
        status = _STATUS_LINE.match(head)
        if status is not None and status[1] != b"101":
            raise HttpStatusError(host, port, int(status[1]))

    def _timed_out(self) -> ConnectTimeoutError:
        return ConnectTimeoutError(self._endpoint.host, self._endpoint.port, stage=self._stage, seconds=self._timeout)


def _made_context(ca_file: str | None) -> SSLContext | CaFileError:
    """Make a context, in a thread of gevent's pool, which prints a traceback of whatever is raised in it."""
    try:
        return client_context(ca_file)
    except CaFileError as error:
        return error


def _parse_url(url: str) -> tuple[Endpoint, str]:
    """Split a URL into the endpoint and the request target of the opening handshake."""
    base, mark, query = url.partition("?")
    if "://" not in base:
        raise ValueError("a WebSocket URL begins with wss:// (or ws:// for a loopback host)")
    endpoint = parse_host(base)
    if not _QUERY.fullmatch(query):
        raise ValueError("the query of a WebSocket URL is printable ASCII without spaces and without a fragment")
    return endpoint, (endpoint.path or "/") + mark + query


def _uri(endpoint: Endpoint, target: str) -> WebSocketURI:
    path, _, query = target.partition("?")
    return WebSocketURI(endpoint.secure, endpoint.host, endpoint.port, path, query)


def _own(headers: Mapping[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        _check_header(name, value)
        if name.lower() in _OWN_HEADERS or name.lower().startswith("sec-websocket-"):
            raise ValueError(f"the header {name} is set by the WebSocket itself; user_agent sets User-Agent")
    return dict(headers)


def _check_header(name: str, value: str) -> None:
    # The value stays out of the message: it may be a credential.
    if not _HEADER_NAME.fullmatch(name):
        raise ValueError("a header's name consists of letters, digits and hyphens (RFC 9110, section 5.6.2)")
    if not _HEADER_VALUE.fullmatch(value):
        raise ValueError(f"the value of the header {name} must be printable ASCII on one line")


def _check_positive(**limits: float) -> None:
    for name, limit in limits.items():
        if not limit > 0:
            raise ValueError(f"{name} must be above 0, not {limit!r}")


def _handshake_problem(error: Exception) -> str:
    """Say what websockets found wrong, without quoting the peer."""
    if error.__cause__ is not None:
        return "its answer is not a valid HTTP response"
    return str(error)


def _reason(error: OSError) -> str:
    return error.strerror or error.__class__.__name__
