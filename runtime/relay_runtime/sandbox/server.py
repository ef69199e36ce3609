"""The listening sockets of the sandbox: WebSocket and control port, plain or with TLS."""

import logging
import ssl as stdlib_ssl
from collections.abc import Callable, Iterable
from typing import Any

import gevent
from gevent import pywsgi, socket, ssl
from gevent.pool import Pool

from relay_runtime.sandbox.websocket import GuardedHandler

log = logging.getLogger("relay_runtime.sandbox")

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_TLS_SECONDS = 10.0  # for a client to finish its TLS handshake
_STOP_SECONDS = 3.0  # for the handlers to end by themselves when the server stops


class Server(pywsgi.WSGIServer):
    """A pywsgi server that tracks its handlers, keeps no access log and is ended within a bound.

    Args:
        listener: (host, port); port 0 takes a free one.
        application: The WSGI application.
        frame_limit: The largest WebSocket message accepted, in bytes.
        context: A TLS context, or None for a plain socket.
    """

    def __init__(
        self,
        listener: tuple[str, int],
        application: Application,
        *,
        frame_limit: int = 0,
        context: stdlib_ssl.SSLContext | None = None,
    ) -> None:
        tls: dict[str, Any] = {} if context is None else {"ssl_context": context}
        super().__init__(
            listener,
            application,
            spawn=Pool(),
            log=None,
            error_log=log,
            handler_class=GuardedHandler if frame_limit else pywsgi.WSGIHandler,
            backlog=1024,
            **tls,
        )
        self.frame_limit = frame_limit
        self._context = context

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.server_port or 0)

    def handle(self, sock: socket.socket, address: Any) -> None:
        """Serve one connection with small frames sent at once."""
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().handle(sock, address)

    def wrap_socket_and_handle(self, client_socket: socket.socket, address: Any) -> Any:
        """Serve a TLS client; one that speaks no TLS, or not in time, is dropped without a traceback."""
        if self._context is None:
            self.handle(client_socket, address)
            return
        try:
            with gevent.Timeout(_TLS_SECONDS, TimeoutError):
                secured = self._context.wrap_socket(client_socket, server_side=True)
        except (OSError, TimeoutError) as error:
            log.info("a TLS handshake failed: %s", error)
            client_socket.close()
            return
        try:
            self.handle(secured, address)
        finally:
            secured.close()

    def end(self) -> None:
        """Stop listening, and end every handler within a few seconds."""
        self.stop(timeout=_STOP_SECONDS)


def tls_context(cert: str | None, key: str | None) -> stdlib_ssl.SSLContext | None:
    """Return a server context for a PEM certificate and its key, or None when neither is given.

    Raises:
        ValueError: Only one of the two was given, or they can't be read.
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
