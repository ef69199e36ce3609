"""TLS inside TLS: the way to a server through a proxy that is itself spoken to over TLS.

OpenSSL ties a connection to a socket of the system's, and the tunnel is none: its bytes come out of other TLS.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, TypeVar

from gevent.lock import BoundedSemaphore
from gevent.ssl import SSLContext, SSLSocket

__all__ = ["TlsInTls"]

T = TypeVar("T")

_READ_SIZE: Final = 65536  # bytes


class TlsInTls:
    """A TLS connection over another; has of a socket what a WebSocket needs, and blocks as that does.

    Args:
        outer: the connection that carries it; owned from here on.
        context: how the inner server is verified.
        host: the name of the inner server.
    """

    def __init__(self, outer: SSLSocket, context: SSLContext, host: str) -> None:
        self._outer = outer
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self._leaving = BoundedSemaphore(1)  # what two greenlets write must not mingle

    def do_handshake(self) -> None:
        """Shake hands; errors are those of `ssl`."""
        self._run(self._tls.do_handshake)

    def recv(self, size: int) -> bytes:
        """Return some bytes, none at the end."""
        try:
            return self._run(self._tls.read, size)
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
            return b""

    def send(self, data: Any) -> int:
        """Send some bytes; return how many."""
        return self._run(self._tls.write, data)

    def sendall(self, data: bytes) -> None:
        """Send all bytes."""
        rest = memoryview(data)
        while rest:
            rest = rest[self.send(rest) :]

    def getpeercert(self) -> dict[str, Any] | None:
        """Return the certificate of the inner server, as `ssl` gives it."""
        return self._tls.getpeercert()

    def version(self) -> str | None:
        """Return the version of the inner TLS."""
        return self._tls.version()

    def close(self) -> None:
        """Close the connection that carries it, without a goodbye. Never blocks."""
        self._outer.close()

    def _run(self, step: Callable[..., T], *args: Any) -> T:
        """Do a step of TLS, for which more may have to come in, and send what it puts out."""
        while True:
            try:
                result = step(*args)
            except ssl.SSLWantReadError:
                self._flush()
            except ssl.SSLError:
                with suppress(OSError):
                    self._flush()  # the alert, which says why
                raise
            else:
                self._flush()
                return result
            data = self._outer.recv(_READ_SIZE)
            if data:
                self._incoming.write(data)
            else:
                self._incoming.write_eof()

    def _flush(self) -> None:
        with self._leaving:
            data = self._outgoing.read()
            if data:
                self._outer.sendall(data)
