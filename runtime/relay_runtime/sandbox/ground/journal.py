"""The journal of frames of one session: bounded, and with secrets and the numbers of people masked."""

from __future__ import annotations

import itertools
import re
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Final, Literal, Self

import msgspec

from relay_runtime.sandbox.ground.clock import epoch
from relay_runtime.sandbox.ground.frames import decode
from relay_runtime.sandbox.ground.settings import Settings

__all__ = ["Journal", "masked"]

Direction = Literal["in", "out"]
_Kept = tuple[int, float, Direction, bytes | str, int, str | None]
"""A frame: its number, time and direction, it or its beginning, its size, and the method if it is a request."""

SECRETS: Final = frozenset({"token", "jwt_token", "authorization_state", "dpop_token", "password"})
MASK: Final = "***"
_PRIVATE: Final = r"(?:from|to|[^\"]*(?:number|digits|caller_?id|pin|postal_code|security_code)[^\"]*)"
"""Keys beside which numbers of people stand, or what they typed."""
_PRIVATE_KEY: Final = re.compile(_PRIVATE, re.IGNORECASE)
_SECRET_IN_TEXT: Final = re.compile(rf'"(?:{"|".join(SECRETS)})"')
_PRIVATE_IN_TEXT: Final = re.compile(rf'"(?:{"|".join(SECRETS)}|{_PRIVATE})"', re.IGNORECASE)
_NUMBER: Final = re.compile(r"\+\d{6,15}\b|(?<![\w.+-])\d{9,15}(?![.-]?\w)")
_SIP_USER: Final = re.compile(r"(?i)\b(sips?:)[^\s@\"'<>]+@")
_LARGEST_SHOWN: Final = 64 * 1024  # a longer frame is shown by its beginning, as text


class Journal:
    """Keeps the newest frames of a session, as they went over the wire, and decodes them when they are read.

    Args:
        max_frames: how many frames are kept.
        max_bytes: how many bytes are kept.
        shows_numbers: whether numbers of people, and what they press, are shown when it is read.
        count: counts the frames of all journals of a sandbox, so that each has a number of its own.
    """

    def __init__(
        self,
        max_frames: int,
        max_bytes: int,
        shows_numbers: Callable[[], bool] = lambda: False,
        count: Iterator[int] | None = None,
    ) -> None:
        self._max_frames = max_frames
        self._max_bytes = max_bytes
        self._shows_numbers = shows_numbers
        self._count = count or itertools.count(1)
        self._size = 0
        self._entries: deque[_Kept] = deque()
        self._newest: _Kept | None = None
        self.dropped = 0

    @classmethod
    def of(cls, settings: Settings, count: Iterator[int] | None = None) -> Self:
        """Return the journal that a sandbox with these settings keeps."""
        return cls(settings.journal_frames, settings.journal_bytes, lambda: settings.journal_numbers, count)

    def write(self, direction: Direction, frame: bytes | str, method: str | None = None) -> None:
        """Add a frame, and what it asks for if it is a request; the oldest ones go when the journal is full."""
        kept = frame[:_LARGEST_SHOWN]
        self._newest = (next(self._count), epoch(), direction, kept, len(frame), method)
        self._keep(self._newest)

    def _keep(self, entry: _Kept) -> None:
        self._entries.append(entry)
        self._size += len(entry[3])
        while len(self._entries) > self._max_frames or self._size > self._max_bytes:
            self._size -= len(self._entries.popleft()[3])
            self.dropped += 1

    def absorb(self, earlier: Journal) -> None:
        """Take over the frames of a connection that has just become part of this session."""
        for entry in earlier._entries:
            self._keep(entry)
        earlier.clear()

    def clear(self) -> None:
        """Forget every frame, and how many were dropped; numbers go on."""
        self._entries.clear()
        self._size = 0
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._entries)

    def read(self, after: int = 0, most: int | None = None) -> list[dict[str, Any]]:
        """Return the frames, oldest first, as ``{"number", "at", "direction", "frame"}``, with secrets masked.

        So are the numbers of people and the digits that they press, unless the setting ``journal_numbers`` is true.
        ``number`` grows from frame to frame, over all journals of a sandbox; those above ``after`` are returned, or the
        newest ``most`` of them.

        A frame that is no JSON, or longer than 64 KiB, has ``raw`` (its beginning) and ``size`` in bytes
        instead of ``frame``.
        """
        newer = itertools.takewhile(lambda kept: kept[0] > after, reversed(self._entries))
        return [self._readable(kept) for kept in itertools.islice(newer, most)][::-1]

    def requests(self, method: str | None = None, after: int = 0) -> list[dict[str, Any]]:
        """Return the requests of the client, or those of one method, with a number above ``after``, as ``read`` does.

        Each has its ``method`` as well, which the beginning of a long one need not show.
        """
        return [
            self._request(kept)
            for kept in self._entries
            if kept[0] > after and kept[5] is not None and method in {None, kept[5]}
        ]

    def newest_request(self) -> dict[str, Any]:
        """Return the frame that was written last, which must be a request, as ``requests`` does, kept or not."""
        assert self._newest is not None
        return self._request(self._newest)

    def _request(self, kept: _Kept) -> dict[str, Any]:
        return {**self._readable(kept), "method": masked(kept[5], numbers=self._shows_numbers())}

    def _readable(self, kept: _Kept) -> dict[str, Any]:
        number, at, direction, data, size, _ = kept
        numbers = self._shows_numbers()
        entry: dict[str, Any] = {"number": number, "at": at, "direction": direction}
        try:
            entry["frame"] = masked(decode(data), numbers=numbers)
        except (msgspec.DecodeError, RecursionError):
            entry["raw"] = _masked_text(_beginning(data), numbers=numbers)
            entry["size"] = size
        return entry


def masked(value: Any, key: str = "", *, numbers: bool = False) -> Any:
    """Return a copy of a decoded frame, or of what stands beside ``key``, in which what is secret is ``***``.

    Args:
        value: the frame, or a part of it.
        key: what it stands beside.
        numbers: whether numbers of people, and what they press, are shown.
    """
    if key in SECRETS and value:
        return MASK
    if isinstance(value, dict):
        return {name: masked(inner, name, numbers=numbers) for name, inner in value.items()}
    if isinstance(value, list):
        return [masked(inner, key, numbers=numbers) for inner in value]
    if numbers or isinstance(value, bool) or not isinstance(value, str | int | float) or value == "":
        return value
    if _PRIVATE_KEY.fullmatch(key):
        return MASK
    return _without_numbers(value) if isinstance(value, str) else value


def _without_numbers(text: str) -> str:
    return _SIP_USER.sub(rf"\1{MASK}@", _NUMBER.sub(MASK, text))


def _masked_text(text: str, *, numbers: bool) -> str:
    """Cut a text that can't be decoded before the first key in it whose value is to be masked."""
    cut = (_SECRET_IN_TEXT if numbers else _PRIVATE_IN_TEXT).search(text)
    shown = text[: cut.start()] + MASK if cut else text
    return shown if numbers else _without_numbers(shown)


def _beginning(data: bytes | str) -> str:
    return data[:200] if isinstance(data, str) else data[:200].decode("utf-8", "replace")
