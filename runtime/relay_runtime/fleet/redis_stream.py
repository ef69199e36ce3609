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
from relay_runtime.fleet.engine import EngineDown
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
        self._sock: Any = None  # of the line, once no replies come on it
        self._waiting = bytearray()
        self._pusher: Any = None

    @property
    def is_open(self) -> bool:
        """See `Stream.is_open`."""
        return self._sock is not None and self._line.socket is self._sock

    def open(self) -> None:
        """See `Stream.open`."""
        if self.is_open:
            return
        self.close()  # what is sent before the script is there, and replies are off, would be answered
        self._line.call("SCRIPT", "LOAD", self._script.text)
        self._line.tell("CLIENT", "REPLY", "OFF")
        sock = self._line.socket
        if sock is None:
            raise EngineDown("the connection was closed as it was made")
        sock.settimeout(0.0)
        self._sock = sock
        watcher = spawn(self._watch, sock)
        watcher.name = "end of the mirror"

    def _watch(self, sock: Any) -> None:
        """Close the connection when the other side has; nothing else comes on it."""
        if _is_ready(sock, "_read_event") and self._sock is sock:
            self.close()

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
            self.close()

    def _hand_over(self, data: bytes | bytearray) -> None:
        try:
            sent = self._sock.send(data)
        except _WOULD_WAIT:
            sent = 0
        except OSError:
            self.close()
            return
        if sent < len(data):
            self._waiting = bytearray(data[sent:])
            if self._pusher is None:
                self._pusher = spawn(self._push, self._sock)
                self._pusher.name = "writer of the mirror"
        elif self._waiting:
            self._waiting = bytearray()

    def _push(self, sock: Any) -> None:
        while self._waiting and self._sock is sock and _is_ready(sock, "_write_event"):
            if self._sock is sock:
                self._hand_over(self._waiting)
        if self._sock is sock:
            self._pusher = None

    def close(self) -> None:
        """See `Stream.close`."""
        self._sock, self._pusher = None, None
        self._waiting = bytearray()
        self._line.close()


def _is_ready(sock: Any, event: str) -> bool:
    """Wait until a socket can be read or written; return False if it was closed here, which ends the wait.

    A wait for its number would go on when it is closed, and be one for whatever socket gets that number next.
    """
    watcher = getattr(sock, event)
    try:
        if watcher is not None:
            socket.wait(watcher)
    except OSError:
        return False
    return watcher is not None
