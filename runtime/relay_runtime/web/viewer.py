"""One browser that looks at the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

__all__ = ["Socket", "Viewer"]

_MOST_WAITING: Final = 512 * 1024
"""Bytes that may wait for a browser that reads slowly."""
_GOING_AWAY: Final = 1001  # RFC 6455, 7.4.1


class Socket(Protocol):
    """What is used of a WebSocket."""

    @property
    def waiting(self) -> int:
        """Bytes that wait to be sent."""

    def send(self, message: bytes, /) -> None:
        """Send a text as UTF-8. Never blocks, and does nothing once the connection is over."""

    def close(self, code: int, /) -> None:
        """Say that nothing more comes. Never blocks."""

    def cut_after_flush(self) -> None:
        """End the connection when all is sent. Never blocks."""


class Viewer:
    """Tells one browser; what it reads too slowly for is dropped and counted, so that it slows no call.

    Args:
        socket: its connection.
        overview: returns all that is known, by which a page begins anew.

    Attributes:
        dropped: messages that were dropped.
        follows: the id of the call whose timeline it shows, or an empty text.
    """

    def __init__(self, socket: Socket, overview: Callable[[], bytes]) -> None:
        self._socket = socket
        self._overview = overview
        self._behind = False
        self.dropped = 0
        self.follows = ""

    def begin(self) -> None:
        """Tell all that is known. Never blocks."""
        self._socket.send(self._overview())

    def tell(self, message: bytes, *, passing: bool = False) -> None:
        """Tell something. Never blocks.

        Args:
            message: it, as UTF-8.
            passing: whether it is of this moment alone, so that nobody misses it later.
        """
        if self._socket.waiting > _MOST_WAITING:
            self.dropped += 1
            self._behind |= not passing
        elif not self._behind:  # or it would be told twice, and before what came earlier
            self._socket.send(message)

    def close(self) -> None:
        """Let the browser go. Never blocks."""
        self._socket.close(_GOING_AWAY)
        self._socket.cut_after_flush()

    def catch_up(self) -> None:
        """Begin anew if something was dropped, and what waited has been read. Never blocks."""
        if self._behind and not self._socket.waiting:
            self._behind = False
            self.begin()
