"""A look at a fleet from outside: by who serves no calls himself."""

from __future__ import annotations

from relay_runtime.fleet.engine import Engine
from relay_runtime.fleet.engines import open_engine
from relay_runtime.fleet.mail import Correspondence, new_id
from relay_runtime.fleet.reach import Fleet
from relay_runtime.settings.engine_address import EngineAddress
from relay_runtime.websocket.tls import client_context

__all__ = ["Visit"]

_TIMEOUT = 3.0  # seconds for each reply


class Visit:
    """Reaches a fleet, until it is closed.

    Args:
        address: where its engine is.

    Attributes:
        fleet: what is reached.

    Raises:
        CaFileError: the authorities can't be read.
    """

    def __init__(self, address: EngineAddress) -> None:
        self._address = address
        self._context = client_context(address.ca_file) if address.secure else None
        self._engine = self._made()
        self._mail = Correspondence(self._made, f"visit-{new_id()}")
        self._mail.start()
        self.fleet = Fleet(lambda: (self._engine, self._mail))

    def _made(self) -> Engine:
        return open_engine(self._address, self._context, _TIMEOUT)

    def close(self) -> None:
        """Leave. Blocks the current greenlet for a moment."""
        self._mail.stop()
        self._engine.close()
