"""The client side of WebSocket (RFC 6455) over gevent's sockets, bounded in time and memory."""

from relay_runtime.websocket.addresses import LastGood
from relay_runtime.websocket.connection import WebSocket
from relay_runtime.websocket.errors import (
    CaFileError,
    CertificateExpiredError,
    CertificateHostError,
    CertificateUntrustedError,
    ConcurrentReceiveError,
    ConnectError,
    ConnectionClosed,
    ConnectRefusedError,
    ConnectTimeoutError,
    HttpStatusError,
    NameResolutionError,
    NetworkError,
    NotWebSocketPeerError,
    PlaintextPeerError,
    ProxyError,
    ReceiveTimeoutError,
    TlsError,
    WebSocketError,
    WriteBufferFull,
)
from relay_runtime.websocket.opening import connect
from relay_runtime.websocket.tls import client_context

__all__ = [
    "CaFileError",
    "CertificateExpiredError",
    "CertificateHostError",
    "CertificateUntrustedError",
    "ConcurrentReceiveError",
    "ConnectError",
    "ConnectRefusedError",
    "ConnectTimeoutError",
    "ConnectionClosed",
    "HttpStatusError",
    "LastGood",
    "NameResolutionError",
    "NetworkError",
    "NotWebSocketPeerError",
    "PlaintextPeerError",
    "ProxyError",
    "ReceiveTimeoutError",
    "TlsError",
    "WebSocket",
    "WebSocketError",
    "WriteBufferFull",
    "client_context",
    "connect",
]
