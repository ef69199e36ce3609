"""Appends ledgers to the file of a local engine."""

from __future__ import annotations

from relay_runtime.fleet.engine import EngineError
from relay_runtime.fleet.local_engine import LocalEngine
from relay_runtime.settings.engine_address import EngineAddress

__all__ = ["LocalStream"]


class LocalStream:
    """See `Stream`.

    Args:
        address: whose directory it is in.
        timeout: seconds to wait when it is opened, while other processes write.
    """

    def __init__(self, address: EngineAddress, timeout: float = 1.0) -> None:
        self.is_open = False
        self._opening = LocalEngine(address, timeout)
        self._engine = LocalEngine(address, 0.0)  # whoever sends can't wait

    def open(self) -> None:
        """See `Stream.open`."""
        self._opening.members()
        self.is_open = True

    def send(self, ledger: str, token: int, at: int, lines: bytes) -> None:
        """See `Stream.send`."""
        if self.is_open:
            try:
                self._engine.append(ledger, token, at, lines)
            except EngineError:
                self.is_open = False  # all is told when it is opened again

    def close(self) -> None:
        """See `Stream.close`."""
        self.is_open = False
        self._opening.close()
        self._engine.close()
