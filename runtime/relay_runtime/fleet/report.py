"""What a process of a fleet says of itself, as an immutable value."""

from __future__ import annotations

import msgspec

from relay_actors.telemetry.status import CallStatus, Status

__all__ = ["ProcessReport"]


class ProcessReport(msgspec.Struct, frozen=True, kw_only=True):
    """One process.

    Attributes:
        uptime: seconds since its client was connected for the first time.
        status: its client.
        admitted: how many inbound calls it has taken.
        calls: its live calls, when they were asked for.
    """

    uptime: float
    status: Status
    admitted: int
    calls: tuple[CallStatus, ...] = ()
