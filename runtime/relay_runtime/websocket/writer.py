"""The one writer of a connection: one greenlet sends all frames that a hub turn has gathered.

A frame that was read is acknowledged at once, and some steps later the code that it has woken sends a command. Both
leave in one system call, since the writer lets those who are ready run first: a few rounds of them, no more, however
busy the hub is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from gevent import GreenletExit
from gevent.event import Event
from gevent.hub import get_hub
from greenlet import getcurrent

from relay_actors.kit import clock
from relay_actors.kit.fork import resume, spawn
from relay_runtime.websocket.sockets import Stream

_ROUNDS: Final = 6
"""How often all that is ready may run between a frame and its write.

From a frame to a command of the code that waited for it there are five steps: the connection's actor, the one that
routes, the call's turn, its code, and the connection's actor again.
"""

_MUCH: Final = 8192  # bytes that are written without waiting for more, so that the other side has something to do


class Writer:
    """Buffer frames and write them in the order in which they came, from a greenlet of its own.

    Args:
        sock: A connected gevent socket; the writer does not close it.
        limit: Bytes that may wait before the buffer counts as full.

    Attributes:
        limit: Bytes that may wait before the buffer counts as full.
        size: Bytes that wait, those of a write under way included.
        writes: How many writes have begun: what is appended now leaves with the next one.
        before: Called before each write; may block for a moment. What it raises ends the connection. None: nothing is.
    """

    __slots__ = (
        "_chunks",
        "_parked",
        "_room",
        "_run_callback",
        "_sock",
        "_stopped",
        "before",
        "limit",
        "size",
        "writes",
    )

    def __init__(self, sock: Stream, *, limit: int) -> None:
        self.limit = limit
        self.size = self.writes = 0
        self.before: Callable[[], object] | None = None
        self._sock = sock
        self._chunks: list[bytes] = []
        self._run_callback: Callable[..., object] = get_hub().loop.run_callback
        self._parked: Any = None  # the writer's greenlet while it waits for something to do
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
        spawn(self._run, on_failure)

    def append(self, pieces: list[bytes]) -> None:
        """Take the pieces of some frames, in order; never blocks. Dropped when the writer has stopped."""
        if self._stopped:
            return
        chunks = self._chunks
        if self._parked is not None:
            self._write_soon()
        chunks += pieces
        self.size += sum(map(len, pieces))

    def wait_for_room(self, timeout: float) -> bool:
        """Block the calling greenlet until the buffer is below its limit or the writer has stopped.

        Args:
            timeout: Seconds to wait at most.

        Returns:
            Whether that came in time.
        """
        deadline = clock.monotonic() + timeout
        while self.full and not self._stopped:
            self._room.clear()
            if not self._room.wait(max(deadline - clock.monotonic(), 0)):
                return False
        return True

    def stop(self) -> None:
        """Drop what was not written and let the greenlet end; a write under way ends with its socket."""
        self._stopped = True
        self._chunks = []
        self.size = 0
        if self._parked is not None:
            self._write_soon()
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
        hub: Any = get_hub()
        while not self._stopped:
            if self._chunks:
                chunks, self._chunks = self._chunks, []
                self.writes += 1
                self._write(b"".join(chunks))
            else:
                self._parked = getcurrent()
                hub.switch()

    def _write_soon(self) -> None:
        """Have the parked writer resume, once those who are ready have had their turns."""
        self._run_callback(self._let_others_run, self._parked, _ROUNDS)
        self._parked = None

    def _let_others_run(self, parked: Any, rounds: int) -> None:
        if rounds and self.size < _MUCH:
            self._run_callback(self._let_others_run, parked, rounds - 1)
        else:
            resume(parked)

    def _write(self, data: bytes) -> None:
        rest: bytes | memoryview = data
        while True:
            if self.before is not None:
                self.before()
                if self._stopped:
                    return  # meanwhile
            sent = self._sock.send(rest)
            if self._stopped:
                return
            self.size -= sent
            if not self._room.is_set() and not self.full:
                self._room.set()
            if sent == len(rest):
                return
            rest = memoryview(rest)[sent:]
