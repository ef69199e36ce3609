"""A pair of sockets in memory: what one end sends, the other receives, without a port and without a system call.

They do what a TCP connection over the loopback does, in the same order: bytes have no bounds, the end of a stream is
read behind what was sent before it, who sends to an end that is closed gets a reset, and a sender waits while the other
end has as much to read as it holds. Everything happens at once: what was sent is there. Both ends belong to the
greenlets of one thread; a greenlet that waits is woken by the other end and by nothing else, so there is no polling and
the order is the same each time.
"""

from __future__ import annotations

import errno
import io
import os
import socket
import struct
from typing import Any, Final

from gevent.event import Event

__all__ = ["ROOM", "MemorySocket", "socket_pair"]

ROOM: Final = 4 * 2**20
"""Bytes that an end holds unread: what Linux allows a sender by default (``net.ipv4.tcp_wmem``)."""

_linger = struct.Struct("ii")


class MemorySocket:
    """One end of a pair, with those methods of a socket of gevent's that WebSocket and HTTP need.

    Errors are those of a socket. One greenlet reads and one writes at a time; the others may be called from any.
    """

    def __init__(self) -> None:
        self._peer: MemorySocket = self
        self._unread = bytearray()
        self._arrived = Event()  # there is something to read, or nothing will come any more
        self._room = Event()  # the peer has read, or will never do so
        self._timeout: float | None = None
        self._at_end = False  # the peer sends nothing more
        self._reads = self._writes = True  # until they are shut down
        self._gone = False  # a reset has come
        self._error: OSError | None = None  # is raised once
        self._resets = False  # closing is a reset
        self._closed = False

    def __repr__(self) -> str:
        return f"<MemorySocket {'closed' if self._closed else 'reset' if self._gone else 'open'}>"

    def recv(self, size: int) -> bytes:
        """Return what is there, so many bytes at most; none at the end. Blocks the current greenlet until there is any.

        Raises:
            OSError: the connection was reset, or this end is closed.
            TimeoutError: nothing came within the time of `settimeout`.
        """
        unread = self._unread
        while not unread:
            self._check()
            if self._at_end or self._gone or not self._reads:
                return b""
            self._wait(self._arrived)
        full = len(unread) >= ROOM
        if len(unread) <= size:
            data = bytes(unread)
            unread.clear()
        else:
            data = bytes(unread[:size])
            del unread[:size]
        if full:
            self._peer._room.set()
        return data

    def send(self, data: Any) -> int:
        """Send as much as the other end has room for; return how many bytes. Blocks the current greenlet without room.

        Raises:
            OSError: the other end, or this one, is closed or reset.
            TimeoutError: there was no room within the time of `settimeout`.
        """
        while True:
            self._check()
            peer = self._peer
            if self._gone or not self._writes:
                raise _error(errno.EPIPE)
            if peer._closed:
                self._be_reset()  # is on its way back; what was sent is lost
                return len(data)
            room = ROOM - len(peer._unread)
            if room > 0:
                break
            self._wait(self._room)
        piece = data if len(data) <= room else memoryview(data)[:room]
        peer._unread += piece
        peer._arrived.set()
        return len(piece)

    def sendall(self, data: bytes) -> None:
        """Send all of it; blocks and raises as `send` does."""
        sent = self.send(data)
        if sent < len(data):
            rest = memoryview(data)[sent:]
            while rest:
                rest = rest[self.send(rest) :]

    def shutdown(self, how: int) -> None:
        """End one direction or both, as ``SHUT_RD``, ``SHUT_WR`` and ``SHUT_RDWR`` say; wakes who waits. Never blocks.

        Raises:
            OSError: this end is closed, or nothing is left of the connection.
        """
        if self._closed:
            raise _error(errno.EBADF)
        if self._gone:
            raise _error(errno.ENOTCONN)
        if how in {socket.SHUT_RD, socket.SHUT_RDWR}:
            self._reads = False
        if how in {socket.SHUT_WR, socket.SHUT_RDWR}:
            self._writes = False
            self._peer._end()
        self._wake()

    def close(self) -> None:
        """Give this end up; wakes who waits. Never blocks.

        The other end reads what was sent, and then the end of the stream; or a reset, if `setsockopt` has asked for one
        or if something that it sent was never read.
        """
        if self._closed:
            return
        self._closed = True
        peer = self._peer
        if self._resets or self._unread:
            peer._be_reset()
        else:
            peer._end()
        self._unread = bytearray()
        self._wake()

    def settimeout(self, seconds: float | None) -> None:
        """Have what blocks wait so many seconds at most; None waits without end."""
        self._timeout = seconds

    def setsockopt(self, level: int, option: int, value: int | bytes) -> None:
        """Take ``SO_LINGER`` with a time of 0, by which closing is a reset; what else there is has no meaning here."""
        if (level, option) == (socket.SOL_SOCKET, socket.SO_LINGER) and isinstance(value, bytes):
            self._resets = _linger.unpack(value) == (1, 0)

    def makefile(self, mode: str = "rb", _buffering: int = -1) -> io.BufferedReader:
        """Return a buffered reader of what comes; closing it leaves the socket open."""
        assert mode == "rb"
        return io.BufferedReader(_Raw(self))

    def _check(self) -> None:
        if self._closed:
            raise _error(errno.EBADF)
        error, self._error = self._error, None
        if error is not None:
            raise error

    def _wait(self, for_what: Event) -> None:
        for_what.clear()
        if not for_what.wait(self._timeout):
            raise TimeoutError("timed out")

    def _end(self) -> None:
        """Read no more than what is there."""
        self._at_end = True
        self._arrived.set()

    def _be_reset(self) -> None:
        """Take a reset: what is there can still be read; behind the end of a stream it only ends the sending."""
        if self._gone or self._closed:
            return
        self._gone = True
        if not self._at_end:
            self._error = _error(errno.ECONNRESET)
        self._wake()

    def _wake(self) -> None:
        self._arrived.set()
        self._room.set()


class _Raw(io.RawIOBase):
    """What a buffered reader reads from."""

    def __init__(self, sock: MemorySocket) -> None:
        self._sock = sock

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read into a buffer; blocks and raises as `MemorySocket.recv` does."""
        data = self._sock.recv(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def socket_pair() -> tuple[MemorySocket, MemorySocket]:
    """Return two ends that are connected."""
    one, other = MemorySocket(), MemorySocket()
    one._peer, other._peer = other, one
    return one, other


def _error(number: int) -> OSError:
    return OSError(number, os.strerror(number))  # Python makes the class that goes with the number
