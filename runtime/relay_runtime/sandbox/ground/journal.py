"""The journal of frames of one session: bounded, and with the secrets masked."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from typing import Any, Final, Literal

import msgspec

from relay_runtime.sandbox.ground.frames import decode

__all__ = ["Journal", "masked"]

Direction = Literal["in", "out"]

SECRETS: Final = frozenset({"token", "jwt_token", "authorization_state", "dpop_token", "password"})
MASK: Final = "***"
_LARGEST_SHOWN: Final = 64 * 1024  # a longer frame is shown by its beginning, as text


class Journal:
    """Keeps the newest frames of a session, as they went over the wire, and decodes them when they are read.

    Args:
        max_frames: how many frames are kept.
        max_bytes: how many bytes are kept.
    """

    def __init__(self, max_frames: int, max_bytes: int) -> None:
        self._max_frames = max_frames
        self._max_bytes = max_bytes
        self._size = 0
        self._entries: deque[tuple[float, Direction, bytes | str, int]] = deque()
        self.dropped = 0

    def write(self, direction: Direction, frame: bytes | str) -> None:
        """Add a frame; the oldest ones go when the journal is full."""
        kept = frame[:_LARGEST_SHOWN]
        self._keep((time.time(), direction, kept, len(frame)))

    def _keep(self, entry: tuple[float, Direction, bytes | str, int]) -> None:
        self._entries.append(entry)
        self._size += len(entry[2])
        while len(self._entries) > self._max_frames or self._size > self._max_bytes:
            self._size -= len(self._entries.popleft()[2])
            self.dropped += 1

    def absorb(self, earlier: Journal) -> None:
        """Take over the frames of a connection that has just become part of this session."""
        for entry in earlier._entries:
            self._keep(entry)
        earlier._entries.clear()
        earlier._size = 0

    def __len__(self) -> int:
        return len(self._entries)

    def read(self) -> list[dict[str, Any]]:
        """Return the frames, oldest first, as ``{"at", "direction", "frame"}`` with secrets masked.

        A frame that is no JSON, or longer than 64 KiB, has ``raw`` (its beginning) and ``size`` in bytes
        instead of ``frame``.
        """
        return list(self._readable())

    def _readable(self) -> Iterator[dict[str, Any]]:
        for at, direction, data, size in self._entries:
            entry: dict[str, Any] = {"at": at, "direction": direction}
            try:
                entry["frame"] = masked(decode(data))
            except (msgspec.DecodeError, RecursionError):
                entry["raw"] = _masked_text(_beginning(data))
                entry["size"] = size
            yield entry


def masked(value: Any) -> Any:
    """Return a copy of a decoded frame in which the value of every secret key is ``***``."""
    if isinstance(value, dict):
        return {key: MASK if key in SECRETS and inner else masked(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [masked(inner) for inner in value]
    return value


def _masked_text(text: str) -> str:
    """Cut a text that can't be decoded before the first secret key in it."""
    cuts = [at for at in (text.find(f'"{key}"') for key in SECRETS) if at >= 0]
    return text[: min(cuts)] + MASK if cuts else text


def _beginning(data: bytes | str) -> str:
    return data[:200] if isinstance(data, str) else data[:200].decode("utf-8", "replace")
