"""Says what the model needs of a WebSocket; the machine hands it in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias

__all__ = ["Connector", "Transport"]


class Transport(Protocol):
    """One open connection that carries text frames both ways.

    Any method may raise an exception of the implementation's own once the connection is closed or broken; the
    connection actor treats every one of them as the loss of the link.
    """

    def receive_batch(self) -> list[str | bytes]:
        """Return at least one message, blocking the current greenlet until there is one."""

    def send_texts(self, texts: Sequence[bytes]) -> None:
        """Queue text frames, all of them or none. Never blocks."""

    def close(self, code: int = 1000, reason: str = "", timeout: float | None = None) -> None:
        """Flush, close cleanly and release everything; blocks the current greenlet for ``timeout`` seconds at most."""

    def abort(self) -> None:
        """Release everything at once. Never blocks."""


Connector: TypeAlias = Callable[[], Transport]
"""Opens a connection: blocks the current greenlet, is bounded in time, raises when it can't."""
