"""What can go wrong with a WebSocket connection.

::

    WebSocketError                     retryable
    ├── CaFileError (ValueError)       no     the CA bundle cannot be used: path
    ├── ConnectError                          nothing was opened: host, port
    │   ├── NameResolutionError        yes    the host name was not resolved
    │   ├── ConnectRefusedError        yes    nothing listens there
    │   ├── ConnectTimeoutError        yes    not open in time: stage, seconds
    │   ├── NetworkError               yes    unreachable, reset, or ended in mid-handshake
    │   ├── TlsError                   no     the TLS handshake failed: detail
    │   │   ├── PlaintextPeerError     no     the peer does not speak TLS
    │   │   ├── CertificateUntrustedError  no
    │   │   ├── CertificateExpiredError    no
    │   │   └── CertificateHostError       no
    │   ├── ProxyError                 depends; the proxy can't be reached, or does not connect: proxy, status
    │   ├── HttpStatusError            408, 425, 429 and 5xx: refused with an HTTP status: status
    │   └── NotWebSocketPeerError      no     an HTTP peer, or none, that does not speak WebSocket
    ├── ConnectionClosed               yes    an open connection has ended: code, reason
    ├── ReceiveTimeoutError (TimeoutError)  yes  no message came in time: seconds
    ├── WriteBufferFull                yes    the peer does not read fast enough: buffered, limit
    └── ConcurrentReceiveError         no     two greenlets receive from one connection

``retryable`` tells whether the same attempt can succeed later with nothing changed on this side. No error
holds a query string, a header or a payload.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import ClassVar

from websockets.frames import CLOSE_CODE_EXPLANATIONS

from relay_runtime.settings.endpoint import Endpoint, format_authority
from relay_runtime.settings.proxy import Proxy

TRANSIENT_STATUSES = frozenset({408, 425, 429})


class WebSocketError(Exception):
    """Base of every error that the WebSocket raises.

    Attributes:
        retryable: Whether the same attempt can succeed later with nothing changed on this side.
    """

    retryable: bool = False


class CaFileError(WebSocketError, ValueError):
    """A CA bundle cannot be read or holds no certificate.

    Attributes:
        path: The file that was given.
    """

    def __init__(self, path: str, problem: str) -> None:
        self.path = path
        super().__init__(
            f"CA file {path!r} {problem}; give the path of a readable file with one or more PEM certificates"
        )


class ConnectError(WebSocketError):
    """A connection could not be opened.

    Attributes:
        host: Host that was asked for.
        port: TCP port that was asked for.
        problem: What went wrong.
        advice: What to do about it.
    """

    def __init__(self, host: str, port: int, problem: str, advice: str, *, by: str = "") -> None:
        self.host = host
        self.port = port
        self.problem = problem
        self.advice = advice
        super().__init__(f"cannot connect to {format_authority(host, port)}{by}: {problem}; {advice}")


class NameResolutionError(ConnectError):
    """The host name was not resolved."""

    retryable = True

    def __init__(self, host: str, port: int) -> None:
        super().__init__(host, port, "the host name could not be resolved", "check its spelling and this machine's DNS")


class ConnectRefusedError(ConnectError):
    """Nothing listens at that address and port."""

    retryable = True

    def __init__(self, host: str, port: int) -> None:
        super().__init__(host, port, "the connection was refused", "check the port, and that the server is running")


class ConnectTimeoutError(ConnectError):
    """The connection was not open within its time.

    Attributes:
        stage: What was under way: name resolution, TCP connect, TLS handshake or WebSocket handshake.
        seconds: The time that it was given, in seconds.
    """

    retryable = True

    def __init__(self, host: str, port: int, *, stage: str, seconds: float) -> None:
        self.stage = stage
        self.seconds = seconds
        super().__init__(
            host,
            port,
            f"the {stage} did not end within {seconds:g} s",
            "check firewalls and the network between, or allow more time",
        )


class NetworkError(ConnectError):
    """The network failed, or the peer dropped the connection, before it was open."""

    retryable = True

    def __init__(self, host: str, port: int, problem: str) -> None:
        super().__init__(host, port, problem, "check the network and that the server is up")


class TlsError(ConnectError):
    """The TLS handshake failed.

    Attributes:
        detail: OpenSSL's name or text for the reason.
    """

    says: ClassVar[str] = "the TLS handshake failed"
    mend: ClassVar[str] = "the server must offer TLS 1.2 or newer"

    def __init__(self, host: str, port: int, detail: str) -> None:
        self.detail = detail
        super().__init__(host, port, f"{self.says} ({detail})", self.mend)


class PlaintextPeerError(TlsError):
    """The peer answered the TLS handshake with something that is not TLS."""

    says = "the server does not speak TLS on this port"
    mend = "check the port; a server without TLS can be used on a loopback address, as ws://127.0.0.1:port"


class CertificateUntrustedError(TlsError):
    """The server's certificate does not come from an authority that is trusted here."""

    says = "the server's certificate is not trusted"
    mend = (
        "add the authority that issued it with a CA file (SIGNALWIRE_RELAY_CA_FILE), or check that this is the right "
        "server"
    )


class CertificateExpiredError(TlsError):
    """The server's certificate, or one that it rests on, is not valid now."""

    says = "the server's certificate is not valid at this time"
    mend = "renew the server's certificate, and check this machine's clock"


class CertificateHostError(TlsError):
    """The server's certificate was issued for another host name."""

    says = "the server's certificate is for another host name"
    mend = "use a host name that stands in the certificate's subject alternative names"


class ProxyError(ConnectError):
    """The proxy on the way could not be reached, or does not connect to the server.

    Attributes:
        proxy: Where the proxy is, ``host:port``.
        status: The HTTP status that it answered, or None.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        proxy: Proxy,
        problem: str,
        advice: str,
        *,
        retryable: bool,
        status: int | None = None,
    ) -> None:
        self.proxy = proxy.authority
        self.status = status
        self.retryable = retryable
        super().__init__(endpoint.host, endpoint.port, problem, advice, by=f" through the proxy {proxy.authority}")


class HttpStatusError(ConnectError):
    """The server answered the opening handshake with an HTTP status other than 101.

    Attributes:
        status: The HTTP status code.
    """

    def __init__(self, host: str, port: int, status: int) -> None:
        self.status = status
        self.retryable = status >= 500 or status in TRANSIENT_STATUSES
        try:
            shown = f"{status} {HTTPStatus(status).phrase}"
        except ValueError:
            shown = str(status)
        advice = "try again later" if self.retryable else "check the host, the port and the path"
        super().__init__(host, port, f"the server answered with HTTP status {shown}", advice)


class NotWebSocketPeerError(ConnectError):
    """The peer speaks no WebSocket, or breaks the rules of the opening handshake (RFC 6455, section 4)."""

    def __init__(self, host: str, port: int, detail: str) -> None:
        super().__init__(
            host,
            port,
            f"the server did not accept the WebSocket handshake: {detail}",
            "check the host and the port",
        )


class ConnectionClosed(WebSocketError):
    """An open connection has ended, or is ending.

    Attributes:
        code: Close code (RFC 6455, section 7.4.1) of the close frame that the peer sent; 1006 when the socket
            ended without one; 1002, 1007 or 1009 when this side ended it because of what the peer sent.
        reason: The reason that goes with the code, ``""`` when there is none.
    """

    retryable = True

    def __init__(self, code: int, reason: str = "") -> None:
        self.code = code
        self.reason = reason
        meaning = CLOSE_CODE_EXPLANATIONS.get(code, "application defined")
        detail = f": {reason}" if reason else ""
        super().__init__(f"the WebSocket connection is closed with code {code} ({meaning}){detail}")


class ReceiveTimeoutError(WebSocketError, TimeoutError):
    """No message came within the time given; the connection is as it was.

    Attributes:
        seconds: The time that was waited, in seconds.
    """

    retryable = True

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"no message came within {seconds:g} s")


class WriteBufferFull(WebSocketError):
    """The peer does not read fast enough: as much is waiting to be written as is allowed.

    Attributes:
        buffered: Bytes that wait to be written.
        limit: Bytes that may wait.
    """

    retryable = True

    def __init__(self, buffered: int, limit: int) -> None:
        self.buffered = buffered
        self.limit = limit
        super().__init__(
            f"{buffered} bytes wait to be written, of {limit} allowed: the server does not read fast enough; "
            "send less, or close the connection"
        )


class ConcurrentReceiveError(WebSocketError):
    """A greenlet wants to receive while another one does."""

    def __init__(self) -> None:
        super().__init__("another greenlet is receiving from this WebSocket; let one greenlet do all the receiving")
