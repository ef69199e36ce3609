"""Writes recordings in a thread of the system's own, so that neither masking nor a slow disk holds up a call.

What waits is bounded in bytes and in frames; what finds no room is counted, in its recording too. A file is open only
while it is written to: there may be more calls than a process may have files.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from gevent._hub_local import get_hub_if_exists
from gevent.monkey import get_original

from relay_actors.kit.native import allocate_lock, start_thread
from relay_runtime.client.frame_tap import Direction
from relay_runtime.recording.call_mask import CallMask
from relay_runtime.recording.calls import RecordedCall
from relay_runtime.recording.lines import End, Header, Line, RecordingLines, Why, encode

__all__ = ["PART", "FileWriter"]

PART: Final = ".part"
"""Ends the name of the file of a call that goes on."""

_FRAMES: Final = 50_000
_BYTES: Final = 32 * 2**20
_AT_ONCE: Final = 256 * 2**10  # bytes that are gathered before they are written
_PATIENCE: Final = 10.0  # seconds that its end waits for what is to be written
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9_-]")
_FLAGS: Final = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW


class _Entry(NamedTuple):
    """What the thread is to do about a recording."""

    call: RecordedCall
    at: float = 0.0
    direction: Direction | None = None
    frame: dict[str, Any] | None = None
    why: Why | None = None
    size: int = 0
    mask: CallMask | None = None
    call_id: str = ""
    left_out: int = 0


class FileWriter:
    """Writes the files of a directory; a `CallSink`.

    Args:
        directory: where they are made.
        make_mask: makes the mask of a recording.
    """

    def __init__(self, directory: Path, make_mask: Any) -> None:
        self._directory = directory
        self._make_mask = make_mask
        self._process = os.getpid()
        self._queue: Any = _NativeQueue()
        # Of each pair of numbers the first is written where frames pass, and the second in the thread.
        self._frames = self._frames_done = self._bytes = self._bytes_done = 0
        self._files: dict[RecordedCall, _File] = {}  # these are the thread's own
        self._waiting: set[RecordedCall] = set()
        self.left_out = 0
        """Frames that found no room."""
        self.written = 0
        """Recordings that have come to their end."""
        self.cut_off = 0
        """Recordings that could not be written on."""
        self.problem = ""
        """What went wrong last, in words."""
        start_thread(self._run, ())

    # Where frames pass

    def begin(self, call: RecordedCall) -> None:
        """See `CallSink.begin`."""
        self._queue.put(_Entry(call, mask=self._make_mask()))

    def frame(self, call: RecordedCall, at: float, direction: Direction, frame: dict[str, Any], size: int) -> None:
        """See `CallSink.frame`."""
        full = self._frames - self._frames_done >= _FRAMES or self._bytes - self._bytes_done + size > _BYTES
        if full or os.getpid() != self._process:  # in a child there is no thread
            call.left_out += 1
            self.left_out += 1
            return
        self._frames += 1
        self._bytes += size
        self._queue.put(_Entry(call, at, direction, frame, size=size))

    def end(self, call: RecordedCall, why: Why, at: float) -> None:
        """See `CallSink.end`."""
        self._queue.put(_Entry(call, at, why=why, call_id=call.call_id, left_out=call.left_out))

    def close(self) -> bool:
        """Have everything written, and end; return whether it was.

        Blocks the current greenlet for ten seconds at most, or the thread if that has no hub.
        """
        if os.getpid() != self._process:
            return False
        done = allocate_lock()
        done.acquire()
        self._queue.put(done)
        hub: Any = get_hub_if_exists()
        if hub is None:
            return bool(done.acquire(True, _PATIENCE))
        return bool(hub.threadpool.apply(done.acquire, (True, _PATIENCE)))

    # In the thread

    def _run(self) -> None:
        while isinstance(item := self._queue.get(), _Entry):
            try:
                self._take(item)
            except Exception as error:  # noqa: BLE001 - it costs this recording alone
                self._break(item.call, error)
            self._bytes_done += item.size
            self._frames_done += item.frame is not None
            if self._queue.empty():
                self._write_all()
        self._write_all()
        item.release()

    def _take(self, item: _Entry) -> None:
        if item.mask is not None:
            self._files[item.call] = file = _File(self._directory, item.call, item.mask)
            file.begin()
            return
        file_or_none = self._files.get(item.call)
        if file_or_none is None:
            return  # it was cut off
        file = file_or_none
        if item.frame is not None and item.direction is not None:
            file.add(item.at, item.direction, item.frame)
            self._waiting.add(item.call)
            if len(file.waiting) > _AT_ONCE:
                file.write()
        elif item.why is not None:
            file.end(item.why, item.at, item.left_out, item.call_id)
            del self._files[item.call]
            self.written += 1

    def _write_all(self) -> None:
        for call in self._waiting:
            file = self._files.get(call)
            try:
                if file is not None:
                    file.write()
            except Exception as error:  # noqa: BLE001 - see above
                self._break(call, error)
        self._waiting.clear()

    def _break(self, call: RecordedCall, error: Exception) -> None:
        """Give a recording up: nothing more is written to it than that, if that can be."""
        self.cut_off += 1
        self.problem = str(getattr(error, "strerror", None) or type(error).__name__)
        file = self._files.pop(call, None)
        if file is not None:
            with suppress(Exception):
                file.cut_off()


class _File:
    """The file of one recording; all of it in the thread."""

    def __init__(self, directory: Path, call: RecordedCall, mask: CallMask) -> None:
        self._directory = directory
        self._began = datetime.fromtimestamp(call.start.wall, UTC).strftime("%Y%m%dT%H%M%S.%f")[:-3]
        self._named = call.start.call_id or f"dial-{mask.beside('tag', call.start.tag)}"
        self._lines = RecordingLines(call.start, mask)
        self._path = directory
        self._size = 0
        self._at = call.start.monotonic
        self._too_deep = 0
        self.waiting = bytearray()

    def begin(self) -> None:
        """Make the file, with its first line."""
        self._path = self._free(self._named, PART)
        os.close(os.open(self._path, _FLAGS | os.O_CREAT | os.O_EXCL, 0o600))
        self._put(self._lines.header())
        self.write()

    def add(self, at: float, direction: Direction, frame: dict[str, Any]) -> None:
        """Note a frame."""
        try:
            line = self._lines.frame(at, direction, frame)
        except RecursionError:
            self._too_deep += 1
            return
        self._at = at
        self._put(line)

    def end(self, why: Why, at: float, left_out: int, call_id: str) -> None:
        """Write the last line, and give the file its name."""
        self._put(self._lines.end(why, at, left_out=left_out + self._too_deep, call_id=call_id))
        self.write()
        os.rename(self._path, self._free(call_id or self._named, ""))

    def cut_off(self) -> None:
        """Write a last line behind what could be written."""
        self.waiting.clear()
        if not self._size:
            os.unlink(self._path)
            return
        descriptor = os.open(self._path, _FLAGS)
        try:
            os.ftruncate(descriptor, self._size)
            self._lines.frames = self._written_frames()
            _write(descriptor, encode(self._lines.end("cut off", self._at)))
        finally:
            os.close(descriptor)
        os.rename(self._path, self._free(self._named, ""))

    def write(self) -> None:
        """Write what waits."""
        if not self.waiting:
            return
        descriptor = os.open(self._path, _FLAGS)
        try:
            _write(descriptor, bytes(self.waiting))  # a copy: an error that is raised holds on to what it wrote
        finally:
            os.close(descriptor)
        self._size += len(self.waiting)
        self.waiting.clear()

    def _put(self, line: Header | Line | End) -> None:
        self.waiting += encode(line)

    def _written_frames(self) -> int:
        return self._path.read_bytes().count(b"\n") - 1

    def _free(self, named: str, ending: str) -> Path:
        """Return a path that nothing has yet."""
        stem = f"{self._began}Z-{_NOT_IN_NAMES.sub('_', named)[:80]}"
        path, count = self._directory / f"{stem}.jsonl{ending}", 1
        while os.path.lexists(path):
            count += 1
            path = self._directory / f"{stem}-{count}.jsonl{ending}"
        return path


def _write(descriptor: int, data: bytes) -> None:
    done = 0
    while done < len(data):
        done += os.write(descriptor, data[done:])


_NativeQueue: Final = get_original("queue", "SimpleQueue")
