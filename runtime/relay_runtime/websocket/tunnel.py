"""A tunnel through an HTTP proxy: CONNECT, and what the proxy says to it (RFC 9110, section 9.3.6)."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Final

import websockets.proxy
from websockets.uri import WebSocketURI

from relay_runtime.settings.endpoint import Endpoint
from relay_runtime.settings.proxy import Proxy
from relay_runtime.version import AGENT
from relay_runtime.websocket.errors import TRANSIENT_STATUSES, ProxyError
from relay_runtime.websocket.sockets import Stream

__all__ = ["open_tunnel"]

_READ_SIZE: Final = 4096  # bytes
_LONGEST: Final = 64 * 1024  # bytes of an answer's head
_STATUS_LINE: Final = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})[ \r]")
_OFFERED: Final = re.compile(rb"^proxy-authenticate:[ \t]*([\w-]+)", re.IGNORECASE | re.MULTILINE)
_UNAUTHORIZED: Final = 407


def open_tunnel(stream: Stream, proxy: Proxy, endpoint: Endpoint) -> None:
    """Have a proxy carry a connection to a server from here on. Blocks the current greenlet until it has answered.

    Raises:
        ProxyError: it does not; the text says what it answered.
        OSError: the connection to the proxy failed.
    """
    uri = WebSocketURI(endpoint.secure, endpoint.host, endpoint.port, "", "")
    scheme = "https" if proxy.secure else "http"
    asked = websockets.proxy.Proxy(scheme, proxy.host, proxy.port, proxy.user, proxy.password)
    stream.sendall(websockets.proxy.prepare_connect_request(asked, uri, AGENT))
    head = _read_head(stream)
    status = _STATUS_LINE.match(head)
    if status is None:
        problem = "what it answered is not HTTP" if head else "it ended the connection"
        raise ProxyError(endpoint, proxy, problem, "check that an HTTP proxy is there", retryable=not head)
    if len(head) >= _LONGEST:
        problem, advice = "the head of its answer does not come to an end", "check that an HTTP proxy is there"
        raise ProxyError(endpoint, proxy, problem, advice, retryable=False)
    if not 200 <= int(status[1]) < 300:
        raise _refusal(endpoint, proxy, int(status[1]), head)


def _read_head(stream: Stream) -> bytes:
    """Read the head of an answer. What is behind it is not looked at: a server speaks when it was spoken to."""
    head = b""
    while b"\r\n\r\n" not in head and b"\n\n" not in head and len(head) < _LONGEST:
        data = stream.recv(_READ_SIZE)
        if not data:
            break
        head += data
    return head


def _refusal(endpoint: Endpoint, proxy: Proxy, status: int, head: bytes) -> ProxyError:
    try:
        shown = f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        shown = str(status)
    retryable = status >= 500 or status in TRANSIENT_STATUSES
    advice = f"see whether the proxy {'can reach' if retryable else 'may be used for'} this server"
    if status == _UNAUTHORIZED:
        advice = _about_credentials(proxy, {each.lower().decode() for each in _OFFERED.findall(head)})
    problem = f"it answered with HTTP status {shown}"
    return ProxyError(endpoint, proxy, problem, advice, status=status, retryable=retryable)


def _about_credentials(proxy: Proxy, offered: set[str]) -> str:
    if offered and "basic" not in offered:
        return f"it takes credentials by {', '.join(sorted(offered))} alone, and this client knows basic"
    if proxy.user is None:
        return "it asks for credentials: give them in its URL, http://user:password@host:port"
    return "it refuses the credentials of its URL: check user and password, and their percent-encoding"
