"""By what copies of ledgers are told to the engine: without a wait, and without an answer."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Stream"]


class Stream(Protocol):
    """One way to the engine, for nothing else."""

    @property
    def is_open(self) -> bool:
        """Whether what is sent reaches the engine, as far as is known."""

    def open(self) -> None:
        """Connect, unless it is open. Blocks the current greenlet for a bounded time.

        Raises:
            EngineError: the engine does not answer, or does not let us.
        """

    def send(self, ledger: str, token: int, at: int, lines: bytes) -> None:
        """Have lines appended, as `Engine.append` does. Never blocks or raises: if that fails, it closes."""

    def close(self) -> None:
        """Close it. Never blocks."""
