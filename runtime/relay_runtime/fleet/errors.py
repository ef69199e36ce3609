"""What goes wrong between the processes of a fleet, for those who use it."""

from __future__ import annotations

from typing import Any

from relay_actors.errors import LOCAL, RelayError

__all__ = ["FleetError", "FleetTimeout"]


class FleetError(RelayError):
    """The fleet can't be asked: there is none, its engine does not answer, or the owner of a call is gone."""

    def __init__(self, message: str, data: Any = None) -> None:
        super().__init__(LOCAL, message, data)


class FleetTimeout(FleetError, TimeoutError):
    """No answer came from another process: whether it has done what it was asked is not known."""
