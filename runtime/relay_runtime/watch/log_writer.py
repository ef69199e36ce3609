"""Writes the log in a thread of the system's own, so that a reader who stalls holds up no call.

loguru's ``enqueue=True`` does not do that: it hands lines over by a pipe of multiprocessing, and whoever logs waits
once that is full; and in a patched process its thread is a greenlet, which writes on the hub.

What waits is bounded in lines and in bytes. What finds no room is dropped and counted, and a line in its place says how
many they were.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any, Final, TextIO

from gevent.monkey import get_original

from relay_actors.kit import clock
from relay_actors.kit.deferred_log import DeferredLine
from relay_actors.kit.native import allocate_lock, start_thread
from relay_runtime.watch.log_lines import OVERHEAD, LogLine

__all__ = ["LogWriter", "encoding_of"]

_LINES: Final = 20_000
_BYTES: Final = 16 * 2**20
_PATIENCE: Final = 1.0  # seconds that its end waits for a reader that reads nothing
_LONGEST: Final = 10.0  # and for one that reads slowly
_AT_ONCE: Final = 4096  # bytes that go into a pipe in one piece, among those of other processes
_AGAIN: Final = 0.01  # seconds, where somebody has made the stream one that does not block


class LogWriter:
    """Writes lines in their order, while whoever logs goes on.

    Once it is closed, and in a process that was forked from its own, there is no thread: a line is written where it is
    logged.

    Args:
        stream: where to write; by its file descriptor, if it has one.
        layout: makes the text of a line, with its end.

    Attributes:
        closed: whether it was told to end.
    """

    def __init__(self, stream: TextIO, layout: Callable[[LogLine], str]) -> None:
        self._encoding = encoding_of(stream)
        self._write = _output(stream, self._encoding)
        self._layout = layout
        self._process = os.getpid()
        self.closed = self._stuck = False
        self._queue: Any = _NativeQueue()
        # Each number has one writer. These three: whoever logs, which loguru lets one do at a time.
        self._lines = self._bytes = self._refused = 0
        # These: the thread. Of a piece, which is on its way out, it is not known yet whether it can be written.
        self._lines_done = self._bytes_done = self._failed = self._told = 0
        self._piece = bytearray()
        self._lines_of_piece = self._bytes_of_piece = self._told_by_piece = 0
        start_thread(self._run, ())

    @property
    def dropped(self) -> int:
        """How many lines were not written: there was no room for them, or the stream can't be written."""
        return self._refused + self._failed

    def put(self, line: LogLine | DeferredLine | str) -> None:
        """Have a line written, or a text as it is. Never blocks while there is the thread."""
        size = OVERHEAD if isinstance(line, DeferredLine) else len(line) if isinstance(line, str) else line.size
        if self.closed or os.getpid() != self._process:
            with suppress(OSError, ValueError):
                self._write(self._encoded(line))
        elif self._lines - self._lines_done >= _LINES or self._bytes - self._bytes_done + size > _BYTES:
            self._refused += 1
        else:
            self._lines += 1
            self._bytes += size
            self._queue.put((line, size, self._refused))

    def flush(self) -> bool:
        """Wait until what was put is written; return whether it is.

        Blocks the thread: for a second if nobody reads, and not at all if that was found out before; for ten seconds at
        most if somebody does.
        """
        if self._stuck or self.closed or os.getpid() != self._process:
            return not self._stuck
        done = allocate_lock()
        done.acquire()
        self._queue.put(done)
        over = clock.real_monotonic() + _LONGEST
        written, before = False, -1
        while not written and before != self._lines_done and clock.real_monotonic() < over:
            before = self._lines_done
            written = done.acquire(True, _PATIENCE)
        self._stuck = not written
        return written

    def close(self) -> None:
        """Write what was put, and end. Blocks as `flush`."""
        self.flush()
        self.closed = True
        self._queue.put(None)

    # In the thread

    def _run(self) -> None:
        """Write what comes until told to end, in pieces of whole lines."""
        while (item := self._queue.get()) is not None:
            if isinstance(item, tuple):
                line, size, refused = item
                self._tell_of(refused + self._failed, line.time if isinstance(line, LogLine) else None)
                self._add(line, 1, size)
                if not self._queue.empty():
                    continue
            self._tell_of(self.dropped)
            self._write_piece()
            if not isinstance(item, tuple):
                item.release()  # who flushes waits for it

    def _tell_of(self, dropped: int, before: datetime | None = None) -> None:
        """Say how many lines are missing here, if any are: before a line of that time, or behind the last one."""
        missing = dropped - self._told_by_piece
        if missing:
            told = f"{missing} lines of the log were dropped here: they could not be written in time"
            time = before or datetime.now().astimezone()
            self._add(LogLine(time=time, level="WARNING", logger=__name__, line=0, message=told))
            self._told_by_piece = dropped

    def _add(self, line: LogLine | str, lines: int = 0, size: int = 0) -> None:
        data = self._encoded(line)
        if len(self._piece) + len(data) > _AT_ONCE:
            self._write_piece()
        self._piece += data
        self._lines_of_piece += lines
        self._bytes_of_piece += size

    def _write_piece(self) -> None:
        try:
            self._write(bytes(self._piece))
            self._told = self._told_by_piece
        except (OSError, ValueError):  # the disk is full, nobody is at the other end, it was closed
            self._failed += self._lines_of_piece
            self._told_by_piece = self._told
        self._lines_done += self._lines_of_piece
        self._bytes_done += self._bytes_of_piece
        self._piece.clear()
        self._lines_of_piece = self._bytes_of_piece = 0

    def _encoded(self, line: LogLine | DeferredLine | str) -> bytes:
        try:
            if isinstance(line, DeferredLine):
                line = LogLine.of_deferred(line)
            text = line if isinstance(line, str) else self._layout(line)
        except Exception as error:  # noqa: BLE001 - it costs this line alone
            text = f"a line of the log could not be written: {type(error).__name__}\n"
        return text.encode(self._encoding, "backslashreplace")


def encoding_of(stream: TextIO) -> str:
    """Return the encoding of a stream; of one that writes texts, UTF-8, which has them all."""
    return getattr(stream, "encoding", None) or "utf-8"


def _output(stream: TextIO, encoding: str) -> Callable[[bytes], object]:
    """Return what writes to a stream."""
    try:  # past the stream: a thread that is stuck must hold no lock that Python wants at its end
        return partial(_write_all, stream, stream.fileno())
    except OSError:  # it has none
        return lambda data: (stream.write(data.decode(encoding)), stream.flush())


def _write_all(stream: TextIO, descriptor: int, data: bytes) -> None:
    if stream.closed:  # and its descriptor may be a socket's by now; while it is held here, nobody else closes it
        raise ValueError("the stream of the log is closed")
    rest = memoryview(data)
    while rest:
        try:
            rest = rest[os.write(descriptor, rest) :]
        except BlockingIOError:
            _sleep(_AGAIN)


_NativeQueue: Final = get_original("queue", "SimpleQueue")
_sleep: Final = get_original("time", "sleep")
