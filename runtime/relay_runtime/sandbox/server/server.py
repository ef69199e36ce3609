"""The listening sockets of the sandbox: WebSocket and control port, plain or with TLS."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import ssl as stdlib_ssl
import struct
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, Literal, Protocol

import gevent
from gevent import pywsgi, socket, ssl
from gevent.event import Event
from gevent.hub import get_hub
from gevent.pool import Pool
from loguru import logger

from relay_runtime.sandbox.server.handler import GuardedHandler

__all__ = ["Server", "ServerSocket", "refused", "tls_context"]

_log = logging.getLogger("relay_runtime.sandbox.server.server")  # pywsgi wants one of the standard library

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_TLS_SECONDS: Final = 10.0  # for a client to finish its TLS handshake
_HANG_SECONDS: Final = 60.0  # for which a connection that is left hanging is held
_UNAVAILABLE: Final = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_GARBAGE: Final = b"SSH-2.0-OpenSSH_9.2\r\n"
_STOP_SECONDS: Final = 3.0  # for the handlers to end by themselves when the server stops
_NOWHERE: Final = ("127.0.0.1", 0)


class ServerSocket(Protocol):
    """What a server needs of a connection; a socket of gevent's has it. Errors are those of one."""

    def recv(self, size: int, /) -> bytes:
        """Return some bytes, none at the end. Blocks the current greenlet until there are any."""

    def sendall(self, data: bytes, /) -> None:
        """Send all bytes. Blocks the current greenlet until there is room."""

    def makefile(self, mode: Literal["rb"], buffering: Literal[-1], /) -> Any:
        """Return a buffered reader of what comes."""

    def settimeout(self, seconds: float | None, /) -> None:
        """Have what blocks raise a TimeoutError after so many seconds."""

    def setsockopt(self, level: int, option: int, value: int | bytes, /) -> None:
        """Set an option: ``TCP_NODELAY``, and ``SO_LINGER`` with a time of 0, by which closing is a reset."""

    def shutdown(self, how: int, /) -> None:
        """End one direction or both; wakes who waits for them. Never blocks."""

    def close(self) -> None:
        """Close it. Never blocks."""


class Server(pywsgi.WSGIServer):
    """A pywsgi server that tracks its handlers, keeps no access log and is ended within a bound.

    Args:
        listener: (host, port); port 0 takes a free one. None listens nowhere: connections are handed in (`take`).
        application: the WSGI application.
        frame_limit: the largest WebSocket message accepted, in bytes.
        context: a TLS context, or None for a plain socket.

    Attributes:
        door: says how the connection that has just come is turned away, or None.
        admits: says why the opening of a WebSocket, by its WSGI environment, is refused with a 403, or None.
        down: whether it takes no connections any more.
    """

    down = False

    def __init__(
        self,
        listener: tuple[str, int] | None,
        application: Application,
        *,
        frame_limit: int = 0,
        context: stdlib_ssl.SSLContext | None = None,
    ) -> None:
        tls: dict[str, Any] = {} if context is None else {"ssl_context": context}
        super().__init__(
            listener or _NOWHERE,
            application,
            spawn=Pool(),
            log=None,
            error_log=_log,
            handler_class=GuardedHandler if frame_limit else pywsgi.WSGIHandler,
            backlog=1024,
            **tls,
        )
        self.frame_limit = frame_limit
        self.door: Callable[[], str | None] = lambda: None
        self.admits: Callable[[dict[str, Any]], str | None] = lambda _: None
        self._closing = Event()
        self._context = context
        self._listens = listener is not None
        self._hub = get_hub()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.server_port or 0)

    def start(self) -> None:
        """Take connections, and listen if it has a place for that.

        Raises:
            OSError: the port can't be had.
        """
        if self._listens:
            super().start()
        else:
            self.environ.update(SERVER_NAME=_NOWHERE[0], SERVER_PORT=str(_NOWHERE[1]))

    def close(self) -> None:
        """Take no more connections."""
        self.down = True
        super().close()

    @contextlib.contextmanager
    def kept(self) -> Iterator[None]:
        """Keep the port of a server that is closed: who connects is refused, and no other socket is given it.

        Without that, a connection of any process may be given the port for its own end in the meantime.

        Raises:
            OSError: the port is taken already.
        """
        with socket.socket(self.family, socket.SOCK_STREAM) as keeper:
            if self._listens:
                keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                keeper.bind((self.server_host, self.port))
            yield

    def take(self, connection: ServerSocket) -> None:
        """Serve a connection that did not come by the port as one that did, in a greenlet of its own; never blocks.

        Raises:
            ConnectionRefusedError: the server takes no connections any more.
            RuntimeError: this is another thread than the one of the server.
        """
        if get_hub() is not self._hub:
            raise RuntimeError(
                "this sandbox runs in another thread, which can be reached over a socket alone: start it in the thread "
                "that connects, or have it listen (port=0)"
            )
        if self.down:
            raise refused()
        assert self.pool is not None
        self.pool.spawn(self._serve_and_close, connection)

    def _serve_and_close(self, connection: ServerSocket) -> None:
        try:
            self.handle(connection, _NOWHERE)
        finally:
            connection.close()

    def handle(self, sock: Any, address: Any) -> None:
        """Serve one connection with small frames sent at once, or turn it away."""
        with contextlib.suppress(OSError):  # what was handed in need not be TCP
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        refusal = self.door()
        if refusal is None:
            super().handle(sock, address)
        else:
            self._turn_away(sock, refusal)

    def _turn_away(self, sock: ServerSocket, how: str) -> None:
        """Refuse a connection before HTTP begins."""
        with contextlib.suppress(OSError):
            if how == "reset":
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            elif how == "hang":
                self._closing.wait(_HANG_SECONDS)
            else:
                sock.settimeout(_TLS_SECONDS)
                sock.recv(65536)
                sock.sendall(_UNAVAILABLE if how == "http" else _GARBAGE)
        with contextlib.suppress(OSError):
            sock.close()

    def wrap_socket_and_handle(self, client_socket: socket.socket, address: Any) -> Any:
        """Serve a TLS client; one that speaks no TLS, or not in time, is dropped without a traceback."""
        if self._context is None:
            self.handle(client_socket, address)
            return
        try:
            with gevent.Timeout(_TLS_SECONDS, TimeoutError):
                secured = self._context.wrap_socket(client_socket, server_side=True)
        except (OSError, TimeoutError) as error:
            logger.info("a TLS handshake failed: {}", error)
            client_socket.close()
            return
        try:
            self.handle(secured, address)
        finally:
            secured.close()

    def end(self) -> None:
        """Stop listening, and end every handler within a few seconds."""
        self._closing.set()
        self.stop(timeout=_STOP_SECONDS)


def refused() -> ConnectionRefusedError:
    """Return the error of a connection to where nobody listens."""
    return ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))


def tls_context(cert: str | None, key: str | None) -> stdlib_ssl.SSLContext | None:
    """Return a server context for a PEM certificate and its key, or None when neither is given.

    Raises:
        ValueError: only one of the two was given, or they can't be read.
    """
    if cert is None and key is None:
        return None
    if cert is None or key is None:
        raise ValueError("wss needs both cert= and key= (PEM files), or neither for ws")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(cert, key)
    except (OSError, ssl.SSLError) as error:
        raise ValueError(f"the certificate {cert} and key {key} can't be used: {error}") from error
    return context
