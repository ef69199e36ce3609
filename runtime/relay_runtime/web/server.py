"""Serves the page and its WebSocket, on this machine alone."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any, Final, Protocol

from relay_runtime.sandbox.server.server import Server
from relay_runtime.web.admission import Admission, RefusedError
from relay_runtime.web.files import HEADERS, find
from relay_runtime.web.viewer import Viewer

__all__ = ["Host", "PageError", "PageServer"]

_ADDRESS: Final = "127.0.0.1"
_LONGEST_ORDER: Final = 64 * 1024  # bytes
_MOST_VIEWERS: Final = 16
_TRY_AGAIN_LATER: Final = 1013  # RFC 6455's registry of close codes
_SOCKET: Final = "/socket"


class PageError(Exception):
    """The page can't be served; the text says why."""


class Host(Protocol):
    """Who has something to show; nothing of it blocks."""

    def overview(self) -> bytes:
        """Return all that is known, for a browser that has just come."""

    def order(self, viewer: Viewer, message: str | bytes) -> None:
        """Take what a browser wants."""


class PageServer:
    """Lets browsers in, and keeps those who look.

    Args:
        port: the port; 0 takes a free one.
        host: who has something to show.
        renewed: told with the URL for the next browser, whenever that is another one.

    Attributes:
        viewers: those who look now.
    """

    def __init__(self, port: int, host: Host, renewed: Callable[[str], object]) -> None:
        self._host = host
        self._renewed = renewed
        self._port = port
        self._server: Server | None = None
        self._admission: Admission | None = None
        self.viewers: list[Viewer] = []

    def start(self) -> None:
        """Listen, in the hub of the thread that calls this. Never blocks.

        Raises:
            PageError: the port can't be had.
        """
        server = Server((_ADDRESS, self._port), self._answer, frame_limit=_LONGEST_ORDER)
        server.admits = self._admits
        try:
            server.start()
        except OSError as error:
            why = os.strerror(error.errno) if error.errno else error  # gevent adds the address to its own
            raise PageError(f"can't listen on port {self._port} of {_ADDRESS}: {why}") from None
        self._server = server
        self._admission = Admission(server.port, lambda: self._renewed(self.url))

    def stop(self) -> None:
        """Let all browsers go, and listen no more. Blocks the current greenlet for a few seconds at most."""
        if self._server is None:
            return
        self._server.close()
        for viewer in self.viewers:
            viewer.close()
        self._server.end()

    @property
    def url(self) -> str:
        """The URL that one more browser can open."""
        return self._opened.url

    @property
    def _opened(self) -> Admission:
        assert self._admission is not None, "the page is not served yet"
        return self._admission

    def _admits(self, environ: dict[str, Any]) -> str | None:
        """Say why a WebSocket may not be opened, or None."""
        if environ.get("PATH_INFO") != _SOCKET:
            return f"the WebSocket of this page is at {_SOCKET}"
        try:
            self._opened.check(environ)
        except RefusedError as refusal:
            return str(refusal)
        return None

    def _answer(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        socket = environ.get("wsgi.websocket")
        if socket is not None:
            self._serve(socket)
            return []
        status, kind, body, more = self._found(environ)
        start_response(status, [*HEADERS, ("Content-Type", kind), ("Content-Length", str(len(body))), *more])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _found(self, environ: dict[str, Any]) -> tuple[str, str, bytes, list[tuple[str, str]]]:
        """Return the status, the content type, the body and further headers that answer a request."""
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            return _said("405 Method Not Allowed", "accepted are GET and HEAD", ("Allow", "GET, HEAD"))
        path = environ.get("PATH_INFO", "")
        try:
            cookie = self._opened.enter(environ) if path == "/" and environ["REQUEST_METHOD"] == "GET" else None
            if cookie is None:
                self._opened.check(environ)
        except RefusedError as refusal:
            return _said("403 Forbidden", str(refusal))
        found = find(path)
        if found is None:
            return _said("404 Not Found", "the page is at /")
        return ("200 OK", *found, [] if cookie is None else [("Set-Cookie", cookie)])

    def _serve(self, socket: Any) -> None:
        """Serve a WebSocket until it is over."""
        if len(self.viewers) >= _MOST_VIEWERS:
            socket.close(_TRY_AGAIN_LATER, f"{_MOST_VIEWERS} browsers look already")
            return
        viewer = Viewer(socket, self._host.overview)
        self.viewers.append(viewer)
        try:
            viewer.begin()
            while (message := socket.receive()) is not None:
                self._host.order(viewer, message)
        finally:
            self.viewers.remove(viewer)


def _said(status: str, text: str, *headers: tuple[str, str]) -> tuple[str, str, bytes, list[tuple[str, str]]]:
    return status, "text/plain; charset=utf-8", f"{text}\n".encode(), list(headers)
