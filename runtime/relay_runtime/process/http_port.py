"""The port for probes and Prometheus: ``/livez``, ``/readyz``, ``/metrics``.

Served by gevent in the process's own hub, so that an answer proves that the hub goes round. What reads slowly or says
nothing is cut off; each connection serves one request.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable, Iterable
from typing import Any, Final

import gevent
import msgspec
from gevent import pywsgi
from gevent.pool import Pool

from relay_actors.kit.actor import log_crash
from relay_runtime.metrics.samples import CONTENT_TYPE
from relay_runtime.settings.endpoint import format_authority

__all__ = ["HttpPort"]

_LONGEST: Final = 10.0
"""Seconds that one connection may last."""
_AT_ONCE: Final = 32
"""Connections that are served at the same time; others wait."""

_log = logging.getLogger("relay_runtime.process.http_port")

StartResponse = Callable[[str, list[tuple[str, str]]], Any]


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
        token: str | None = None,
    ) -> None:
        self._host = host
        self._not_ready = not_ready
        self._metrics = metrics
        self._live = live
        self._token = token
        self._server = pywsgi.WSGIServer(
            (host, port), self._answer, log=None, error_log=_log, handler_class=_Handler, spawn=Pool(_AT_ONCE)
        )

    def start(self) -> None:
        """Begin to listen. Never blocks.

        Raises:
            OSError: the port can't be had.
        """
        self._server.start()

    def stop(self) -> None:
        """Listen no more, and end what is served. Blocks the current greenlet for a second at most."""
        self._server.stop(timeout=1.0)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_port or 0)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://{format_authority(self._host, self.port)}"

    def _answer(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        headers, kind = [("Connection", "close"), ("Cache-Control", "no-store")], "application/json"
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            status, body = "405 Method Not Allowed", _json(error="accepted are GET and HEAD")
            headers.append(("Allow", "GET, HEAD"))
        else:
            status, body = self._guarded(environ["PATH_INFO"], known=self._is_known(environ))
            kind = CONTENT_TYPE if environ["PATH_INFO"] == "/metrics" and status.startswith("200") else kind
        if status.startswith("401"):
            headers.append(("WWW-Authenticate", 'Bearer realm="relay-runtime"'))
        start_response(status, [*headers, ("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _guarded(self, path: str, *, known: bool) -> tuple[str, bytes]:
        try:
            return self._page(path, known=known)
        except Exception as error:  # noqa: BLE001 - pywsgi would log what came with the request too
            log_crash(error, "{} could not be answered", path)
            return "500 Internal Server Error", _json(error="see the logs")

    def _page(self, path: str, *, known: bool) -> tuple[str, bytes]:
        match path:
            case "/livez":
                live = self._live()
                return "200 OK" if live else "503 Service Unavailable", _json(live=live)
            case "/readyz":
                return self._readiness(known=known)
            case "/metrics" if known:
                return "200 OK", self._metrics()
            case "/metrics":
                return "401 Unauthorized", _json(error="give the token: Authorization: Bearer …")
        return "404 Not Found", _json(error="there are /livez, /readyz and /metrics")

    def _readiness(self, *, known: bool) -> tuple[str, bytes]:
        reasons = self._not_ready()
        if not reasons:
            return "200 OK", _json(ready=True)
        return "503 Service Unavailable", _json(ready=False, **({"reasons": reasons} if known else {}))

    def _is_known(self, environ: dict[str, Any]) -> bool:
        """Return whether who asks may know everything."""
        if self._token is None:
            return True
        scheme, _, given = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), self._token.encode())


class _Handler(pywsgi.WSGIHandler):
    """Serves one connection, for a bounded time."""

    def handle(self) -> None:
        try:
            with gevent.Timeout(_LONGEST):
                super().handle()
        except gevent.Timeout:
            _log.debug("a connection to the HTTP port was cut off after %g s", _LONGEST)


def _json(**fields: Any) -> bytes:
    return msgspec.json.encode(fields) + b"\n"
