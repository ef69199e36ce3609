"""The port for probes and Prometheus: ``/livez``, ``/readyz``, ``/metrics``.

Served by gevent in the process's own hub, so that an answer proves that the hub goes round. Each connection has a
second for the head of one request; what else it sends is not looked at. See `Connections` for who gives way to whom.
gevent's own WSGI server would wait for the bodies of requests, and print a traceback for some that it can't read.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from contextlib import suppress
from email.utils import formatdate
from typing import Any, Final, NoReturn

import msgspec
from gevent import socket

from relay_actors.kit.crash_log import log_crash
from relay_runtime.metrics.samples import CONTENT_TYPE
from relay_runtime.process.connections import Connections, Dropped
from relay_runtime.settings.endpoint import format_authority

__all__ = ["HttpPort"]

_HEAD_SECONDS: Final = 1.0
"""Seconds for the head of a request to arrive."""
_LONGEST_HEAD: Final = 16 * 1024
"""Bytes of it."""
_ANSWER_SECONDS: Final = 10.0
"""Seconds in which the answer must be taken."""
_AT_ONCE: Final = 64
"""Connections that are served at the same time."""

_END_OF_HEAD: Final = re.compile(rb"\r?\n\r?\n")
_REQUEST: Final = re.compile(r"([A-Z]+) (?:https?://[^/ ]*)?(/[^ ?]*)(?:\?[^ ]*)? HTTP/1\.\d", re.IGNORECASE)
_AUTHORIZATION: Final = re.compile(r"^authorization:[ \t]*bearer[ \t]+(.*)$", re.IGNORECASE | re.MULTILINE)


class _Page(msgspec.Struct, frozen=True):
    """What is answered."""

    status: str
    body: bytes
    kind: str = "application/json"
    headers: tuple[str, ...] = ()


class HttpPort:
    """Answers probes and Prometheus.

    ``/livez`` and ``/readyz`` are open to everybody who can reach the port, since kubelets and load balancers hold no
    tokens; without the token, when there is one, ``/readyz`` does not say why. ``/metrics`` needs the token.

    Args:
        host: where to listen.
        port: the port; 0 takes a free one.
        not_ready: returns why the process should get no calls just now; blocks its greenlet for a moment at most.
        metrics: returns the page for Prometheus.
        live: whether another loop goes round that an answer says nothing about.
        notes: returns what asks for a look in a process that should get calls; blocks as ``not_ready``.
        token: what ``Authorization: Bearer …`` has to hold; None lets everybody read everything.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        not_ready: Callable[[], tuple[str, ...]],
        metrics: Callable[[], bytes],
        live: Callable[[], bool] = lambda: True,
        notes: Callable[[], tuple[str, ...]] = tuple,
        token: str | None = None,
    ) -> None:
        self._host = host
        self._not_ready = not_ready
        self._metrics = metrics
        self._live = live
        self._notes = notes
        self._token = token
        self._connections = Connections(
            (host, port),
            self._answer,
            end=_END_OF_HEAD,
            longest=_LONGEST_HEAD,
            patience=_HEAD_SECONDS,
            at_once=_AT_ONCE,
        )

    def start(self) -> None:
        """Begin to listen. Never blocks.

        Raises:
            OSError: the port can't be had.
        """
        self._connections.start()

    def stop(self) -> None:
        """Listen no more, and end what is served. Blocks the current greenlet for a second at most."""
        self._connections.stop(1.0)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._connections.port

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://{format_authority(self._host, self.port)}"

    def _answer(self, sock: socket.socket, data: bytes) -> None:
        """Answer the request that came.

        Raises:
            Dropped: it is none; it was answered all the same.
        """
        sock.settimeout(_ANSWER_SECONDS)
        head, *rest = _END_OF_HEAD.split(data, 1)
        line, _, headers = head.decode("latin-1").partition("\n")
        request = _REQUEST.fullmatch(line.rstrip("\r"))
        if request is None or not rest:
            _refuse(sock, "431 Request Header Fields Too Large" if request else "400 Bad Request")
        method, path = request.groups()
        page = self._guarded(method, path, known=self._is_known(headers))
        sock.sendall(_encoded(page, with_body=method != "HEAD"))

    def _guarded(self, method: str, path: str, *, known: bool) -> _Page:
        try:
            return self._page(method, path, known=known)
        except Exception as error:  # noqa: BLE001 - no request may end the process
            log_crash(error, "{} could not be answered", path)
            return _Page("500 Internal Server Error", _json(error="see the logs"))

    def _page(self, method: str, path: str, *, known: bool) -> _Page:
        if method not in {"GET", "HEAD"}:
            allowed = ("Allow: GET, HEAD",)
            return _Page("405 Method Not Allowed", _json(error="accepted are GET and HEAD"), headers=allowed)
        match path:
            case "/livez":
                live = self._live()
                return _Page("200 OK" if live else "503 Service Unavailable", _json(live=live))
            case "/readyz":
                return self._readiness(known=known)
            case "/metrics" if known:
                return _Page("200 OK", self._metrics(), CONTENT_TYPE)
            case "/metrics":
                wanted = ('WWW-Authenticate: Bearer realm="relay-runtime"',)
                error = _json(error="give the token: Authorization: Bearer …")
                return _Page("401 Unauthorized", error, headers=wanted)
        return _Page("404 Not Found", _json(error="there are /livez, /readyz and /metrics"))

    def _readiness(self, *, known: bool) -> _Page:
        reasons = self._not_ready()
        if not reasons:
            notes = self._notes() if known else ()
            return _Page("200 OK", _json(ready=True, **({"notes": notes} if notes else {})))
        return _Page("503 Service Unavailable", _json(ready=False, **({"reasons": reasons} if known else {})))

    def _is_known(self, headers: str) -> bool:
        """Return whether who asks may know everything."""
        if self._token is None:
            return True
        given = _AUTHORIZATION.search(headers)
        return given is not None and hmac.compare_digest(
            given[1].rstrip(" \t\r").encode("latin-1"), self._token.encode()
        )


def _refuse(sock: socket.socket, status: str) -> NoReturn:
    """Answer what is no request.

    Raises:
        Dropped: always.
    """
    with suppress(OSError):  # who scans ports may be gone already
        sock.sendall(_encoded(_Page(status, _json(error="this port speaks HTTP/1.1"))))
    raise Dropped("what it sent is no request of HTTP/1.1")


def _encoded(page: _Page, *, with_body: bool = True) -> bytes:
    """Return an answer as it goes over the wire."""
    head = (
        f"HTTP/1.1 {page.status}",
        f"Date: {formatdate(usegmt=True)}",
        "Connection: close",
        "Cache-Control: no-store",
        *page.headers,
        f"Content-Type: {page.kind}",
        f"Content-Length: {len(page.body)}",
    )
    return "\r\n".join((*head, "", "")).encode("latin-1") + (page.body if with_body else b"")


def _json(**fields: Any) -> bytes:
    return msgspec.json.encode(fields) + b"\n"
