"""The one writer of a connection: one greenlet sends all frames that a hub turn has gathered."""

from __future__ import annotations

import time
from collections.abc import Callable

import gevent
from gevent import GreenletExit
from gevent.event import Event
from gevent.socket import socket


class Writer:
    """Buffer frames and write them in the order in which they came, from a greenlet of its own.

    Args:
        sock: A connected gevent socket; the writer does not close it.
        limit: Bytes that may wait before the buffer counts as full.

    Attributes:
        limit: Bytes that may wait before the buffer counts as full.
        size: Bytes that wait, those of a write under way included.
    """

    __slots__ = ("_chunks", "_room", "_sock", "_stopped", "_wake", "limit", "size")

    def __init__(self, sock: socket, *, limit: int) -> None:
        self.limit = limit
        self.size = 0
        self._sock = sock
        self._chunks: list[bytes] = []
        self._wake = Event()
        self._room = Event()
        self._stopped = False

    @property
    def full(self) -> bool:
        """Tell whether the limit is reached."""
        return self.size >= self.limit

    def start(self, on_failure: Callable[[BaseException], None]) -> None:
        """Start the greenlet that writes; it ends with ``stop`` or with the first write that fails.

        Args:
            on_failure: Called once in the writer's greenlet if that ends without ``stop``; must not block.
        """
        gevent.spawn(self._run, on_failure)

    def append(self, header: bytes, payload: bytes) -> None:
        """Take one frame, in two parts; never blocks. Dropped when the writer has stopped."""
        if self._stopped:
            return
        chunks = self._chunks
        if not chunks:
            self._wake.set()
        chunks.append(header)
        chunks.append(payload)
        self.size += len(header) + len(payload)

    def extend(self, pieces: list[bytes]) -> None:
        """Take the pieces of some frames, in order; never blocks. Dropped when the writer has stopped."""
        if self._stopped:
            return
        chunks = self._chunks
        if not chunks:
            self._wake.set()
        chunks += pieces
        self.size += sum(map(len, pieces))

    def wait_for_room(self, timeout: float) -> bool:
        """Block the calling greenlet until the buffer is below its limit or the writer has stopped.

        Args:
            timeout: Seconds to wait at most.

        Returns:
            Whether that came in time.
        """
        deadline = time.monotonic() + timeout
        while self.full and not self._stopped:
            self._room.clear()
            if not self._room.wait(max(deadline - time.monotonic(), 0)):
                return False
        return True

    def stop(self) -> None:
        """Drop what was not written and let the greenlet end; a write under way ends with its socket."""
        self._stopped = True
        self._chunks = []
        self.size = 0
        self._wake.set()
        self._room.set()

    def _run(self, on_failure: Callable[[BaseException], None]) -> None:
        failure: BaseException = GreenletExit()
        try:
            self._write_until_stopped()
        # Not only OSError: gevent's TLS socket raises AttributeError when it is closed just before a writer wakes, and
        # an AssertionError when a write has to read while the reader waits. The socket is of no more use either way.
        except Exception as error:  # noqa: BLE001
            failure = error
        finally:
            if not self._stopped:
                self.stop()
                on_failure(failure)

    def _write_until_stopped(self) -> None:
        while not self._stopped:
            if self._chunks:
                chunks, self._chunks = self._chunks, []
                self._write(b"".join(chunks))
            else:
                self._wake.clear()
                self._wake.wait()

    def _write(self, data: bytes) -> None:
        rest: bytes | memoryview = data
        while True:
            sent = self._sock.send(rest)
            if self._stopped:
                return
            self.size -= sent
            if not self._room.is_set() and not self.full:
                self._room.set()
            if sent == len(rest):
                return
            rest = memoryview(rest)[sent:]
