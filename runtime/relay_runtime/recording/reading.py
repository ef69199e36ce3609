"""Reading a recording again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec

from relay_runtime.recording.lines import FORMAT, End, Header, Line

__all__ = ["Recording", "RecordingError", "read_recording"]

_WHAT = "a recording of relay-runtime is JSON lines, as relay-runtime record and start --record write them"


class RecordingError(ValueError):
    """A file is no recording that can be read; the text says where and why."""


class Recording(msgspec.Struct, frozen=True):
    """A recording of one call.

    Attributes:
        header: its first line.
        frames: the frames, in their order.
        end: its last line.
    """

    header: Header
    frames: tuple[Line, ...]
    end: End

    @property
    def call_id(self) -> str:
        """The call's id; of a dial that of the leg that answered, or an empty text."""
        return self.header.call_id or self.end.call_id

    @property
    def not_replayable(self) -> tuple[str, ...]:
        """Why the call can't be played again; empty if it can."""
        return tuple(dict.fromkeys((*self.header.not_replayable, *self.end.not_replayable)))


def read_recording(path: str | os.PathLike[str]) -> Recording:
    """Return what a file holds. Blocks the thread while it reads.

    Raises:
        RecordingError: it is no recording, one of a newer version, or one that breaks off. `OSError`: it can't be read.
    """
    name = os.fspath(path)
    lines = Path(path).read_bytes().split(b"\n")
    if not lines[0].strip():
        raise RecordingError(f"{name}, line 1: it is empty; {_WHAT}")
    header = _header(name, lines[0])
    if not lines[-1]:
        lines.pop()  # nothing is behind the last line
    elif not _is_end(lines[-1]):
        raise _breaks_off(name, len(lines))
    frames: list[Line] = []
    for number, line in enumerate(lines[1:-1], 2):
        found = _decoded(name, number, line, Line)
        if frames and found.at < frames[-1].at:
            raise RecordingError(f"{name}, line {number}: it is of an earlier time than the line before it")
        frames.append(found)
    if len(lines) < 2 or not _is_end(lines[-1]):
        raise _breaks_off(name, len(lines))
    end = _decoded(name, len(lines), lines[-1], End)
    if end.frames != len(frames):
        raise RecordingError(
            f"{name}, line {len(lines)}: it tells of {end.frames} frames, and there are {len(frames)}: lines were "
            "added or removed"
        )
    return Recording(header, tuple(frames), end)


def _header(name: str, line: bytes) -> Header:
    found = _object(name, 1, line)
    version = found.get("recording")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise RecordingError(f"{name}, line 1: it names no format; {_WHAT}")
    if version > FORMAT:
        raise RecordingError(
            f"{name}, line 1: it has format {version}, and this relay-runtime reads up to {FORMAT}; read it with the "
            f"version that wrote it ({found.get('relay_runtime', 'unknown')}), or a newer one"
        )
    header: Header = _decoded(name, 1, line, Header)
    return header


def _object(name: str, number: int, line: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(line)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise RecordingError(f"{name}, line {number}: it is no JSON ({error}); {_WHAT}") from None
    if not isinstance(found, dict):
        raise RecordingError(f"{name}, line {number}: it is no JSON object; {_WHAT}")
    return found


def _decoded(name: str, number: int, line: bytes, kind: type[Any]) -> Any:
    _object(name, number, line)
    try:
        return msgspec.json.decode(line, type=kind)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise RecordingError(
            f"{name}, line {number}: it is no {kind.__name__.lower()} of a recording: {error}"
        ) from None


def _is_end(line: bytes) -> bool:
    try:
        return "end" in msgspec.json.decode(line, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return False


def _breaks_off(name: str, number: int) -> RecordingError:
    return RecordingError(
        f"{name}, line {number}: the recording breaks off here: its last line is missing, since the call goes on, or "
        "the process that recorded it was killed"
    )
