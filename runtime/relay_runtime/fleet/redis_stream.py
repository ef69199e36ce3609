"""A connection to Redis or Valkey on which ledgers are appended to.

The engine gives no reply on it (``CLIENT REPLY OFF``): with a reply unread, the end of a process would throw away what
is on its way.
"""

from __future__ import annotations

import ssl
from typing import Any, Final

from gevent import socket
from gevent.ssl import SSLContext

from relay_actors.kit.fork import spawn
from relay_runtime.fleet.line import Line
from relay_runtime.fleet.redis_engine import ROOT, RedisEngine
from relay_runtime.settings.engine_address import EngineAddress

__all__ = ["RedisStream"]

_MOST_WAITING: Final = 4 * 1024 * 1024  # bytes that wait for a connection that takes nothing
_WOULD_WAIT: Final = (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError, TimeoutError)


def _word(value: bytes) -> bytes:
    return b"$%d\r\n%b\r\n" % (len(value), value)


class RedisStream:
    """See `Stream`.

    Args:
        address: where the engine is.
        context: TLS, for an address that is secure.
        timeout: seconds for a connect.
    """

    _script = RedisEngine.append_script
    _start: Final = b"*8\r\n" + b"".join(map(_word, (b"EVALSHA", _script.digest.encode(), b"1", ROOT.encode())))

    def __init__(self, address: EngineAddress, context: SSLContext | None = None, timeout: float = 1.0) -> None:
        self._line = Line(address, context, timeout)
        self._prepared = False
        self._waiting = bytearray()
        self._pusher: Any = None

    @property
    def is_open(self) -> bool:
        """See `Stream.is_open`."""
        return self._prepared and self._line.is_open

    def open(self) -> None:
        """See `Stream.open`."""
        if self.is_open:
            return
        self._prepared = False  # what is sent before the script is there, and replies are off, would be answered
        self._waiting = bytearray()
        self._line.call("SCRIPT", "LOAD", self._script.text)
        self._line.tell("CLIENT", "REPLY", "OFF")
        self._line.socket.settimeout(0.0)
        self._prepared = True
        watcher = spawn(self._watch, self._line.socket)
        watcher.name = "end of the mirror"

    def _watch(self, sock: Any) -> None:
        """Close the connection when the other side has; nothing else comes on it."""
        try:
            socket.wait_read(sock.fileno())
        except OSError:
            return  # it was closed here
        if self._line.socket is sock:
            self._line.close()

    def send(self, ledger: str, token: int, at: int, lines: bytes) -> None:
        """See `Stream.send`. What the system does not take at once is kept for a while."""
        if not self.is_open:
            return
        words = (_word(ledger.encode()), _word(b"%d" % token), _word(b"%d" % at), _word(lines))
        data = self._start + b"".join(words)
        if self._waiting:
            self._waiting += data
        else:
            self._hand_over(data)
        if len(self._waiting) > _MOST_WAITING:
            self._line.close()

    def _hand_over(self, data: bytes | bytearray) -> None:
        try:
            sent = self._line.socket.send(data)
        except _WOULD_WAIT:
            sent = 0
        except OSError:
            self._line.close()
            return
        if sent < len(data):
            self._waiting = bytearray(data[sent:])
            if self._pusher is None:
                self._pusher = spawn(self._push)
                self._pusher.name = "writer of the mirror"
        elif self._waiting:
            self._waiting = bytearray()

    def _push(self) -> None:
        try:
            while self._waiting and self.is_open:
                socket.wait_write(self._line.socket.fileno())
                if self.is_open:
                    self._hand_over(self._waiting)
        except OSError:
            self._line.close()
        finally:
            self._pusher = None

    def close(self) -> None:
        """See `Stream.close`."""
        self._line.close()
