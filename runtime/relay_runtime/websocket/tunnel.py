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
_BEGINNING: Final = b"HTTP/1."
_STATUS_LINE: Final = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})[ \r\n]")
_CHALLENGES: Final = re.compile(rb"^proxy-authenticate:(.*)$", re.IGNORECASE | re.MULTILINE)
_SCHEME: Final = re.compile(rb"(?:^|,)[ \t]*([\w-]+)(?=[ \t,]|$)")
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
    try:
        status, head = _read_answer(stream)
    except _NoAnswerError as error:
        advice = "check that an HTTP proxy is there"
        raise ProxyError(endpoint, proxy, str(error), advice, retryable=error.retryable) from None
    if not 200 <= status < 300:
        raise _refusal(endpoint, proxy, status, head)


class _NoAnswerError(Exception):
    def __init__(self, text: str, *, retryable: bool) -> None:
        super().__init__(text)
        self.retryable = retryable


def _read_answer(stream: Stream) -> tuple[int, bytes]:
    """Return the status of an answer and its head.

    What is behind that is not looked at: a server speaks when it was spoken to.

    Raises:
        _NoAnswerError: it is none.
    """
    head = b""
    while True:
        line, ended, _ = head.partition(b"\n")
        status = _STATUS_LINE.match(line + ended)
        if (ended and status is None) or not _BEGINNING.startswith(line[: len(_BEGINNING)]):
            raise _NoAnswerError("what it answered is not HTTP", retryable=False)
        whole, end, rest = head.replace(b"\r\n", b"\n").partition(b"\n\n")
        if status is not None and end and status[1].startswith(b"1"):
            head = rest  # such as 100 Continue: the answer comes behind it
            continue
        refuses = status is not None and int(status[1]) >= 300
        if status is not None and (end or (refuses and int(status[1]) != _UNAUTHORIZED)):
            return int(status[1]), whole
        if len(head) >= _LONGEST:
            raise _NoAnswerError("the head of its answer does not come to an end", retryable=False)
        data = stream.recv(_READ_SIZE)
        if not data and not refuses:
            raise _NoAnswerError("it ended the connection", retryable=True)
        head += data or b"\n\n"


def _refusal(endpoint: Endpoint, proxy: Proxy, status: int, head: bytes) -> ProxyError:
    try:
        shown = f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        shown = str(status)
    retryable = status >= 500 or status in TRANSIENT_STATUSES
    advice = f"see whether the proxy {'can reach' if retryable else 'may be used for'} this server"
    if status == _UNAUTHORIZED:
        advice = _about_credentials(proxy, _offered(head))
    problem = f"it answered with HTTP status {shown}"
    return ProxyError(endpoint, proxy, problem, advice, status=status, retryable=retryable)


def _offered(head: bytes) -> set[str]:
    """Return by which schemes a proxy takes credentials (RFC 9110, section 11.6.1)."""
    lines = _CHALLENGES.findall(head.replace(b"\r\n", b"\n"))
    return {scheme.lower().decode() for line in lines for scheme in _SCHEME.findall(line)}


def _about_credentials(proxy: Proxy, offered: set[str]) -> str:
    if offered and "basic" not in offered:
        return f"it takes credentials by {', '.join(sorted(offered))} alone, and this client knows basic"
    if proxy.user is None:
        return "it asks for credentials: give them in its URL, http://user:password@host:port"
    return "it refuses the credentials of its URL: check user and password, and their percent-encoding"
