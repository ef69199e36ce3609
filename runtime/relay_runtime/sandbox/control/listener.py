"""What the control port knows of the sandbox that it belongs to: where it listens, and how it is restarted."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Listener"]


class Listener(Protocol):
    """What the clients connect to."""

    @property
    def url(self) -> str:
        """The URL for clients."""

    @property
    def control_url(self) -> str:
        """The URL of the control port."""

    def restart(self, *, memory: bool, down_for: float) -> None:
        """Restart the server for clients; blocks until it listens again, after ``down_for`` real seconds."""
