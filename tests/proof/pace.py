"""How a cell is played: in virtual time and one process with the delays of production, or over sockets in a hurry."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

from msgspec import structs

from relay_actors.timing import Timing
from relay_runtime.sandbox import Sandbox
from relay_runtime.testing.in_process import reaching
from relay_runtime.testing.virtual import virtual_time

__all__ = ["IN_PROCESS", "OVER_SOCKETS", "Pace"]

_LONGEST = 3600.0  # virtual seconds of one cell, which gives up itself long before


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How fast a cell is played, and where.

    Attributes:
        timing: the delays of the client.
        unhurried: those of a client whose machine has too much to do for any limit.
        scale: seconds of the cell for each second that its program and its faults speak of.
        line_scale: seconds of the cell for each second on the telephone line.
        lateness: seconds beyond its limit that a wait may take.
        ping_interval: seconds between the server's pings.
        ping_timeout: how long the server waits for the answer to one.
        sockets: whether client and server meet over TCP, in the machine's time.
    """

    timing: Timing
    unhurried: Timing
    scale: float
    line_scale: float
    lateness: float
    ping_interval: float
    ping_timeout: float
    sockets: bool

    def seconds(self, seconds: float) -> float:
        """Return how long that takes in a cell."""
        return seconds * self.scale

    @property
    def port(self) -> int | None:
        """The port of a sandbox: a free one, or none."""
        return 0 if self.sockets else None

    def owned(self) -> AbstractContextManager[object]:
        """Own the time while a cell is played, if it is virtual."""
        return nullcontext() if self.sockets else virtual_time(limit=_LONGEST)

    @contextmanager
    def reaching(self, sandbox: Sandbox) -> Iterator[None]:
        """Have clients reach a sandbox that has no port."""
        with nullcontext() if self.sockets else reaching(sandbox):
            yield


_HURRIED = Timing(
    request_timeout=1.0,
    connect_timeout=1.0,
    probe_idle=0.3,
    probe_timeout=0.8,
    backoff_first=0.01,
    backoff_limit=0.05,
    call_linger=0.3,
    dial_timeout=6.0,
    close_timeout=0.2,
    stop_timeout=0.5,
)

IN_PROCESS = Pace(
    timing=Timing(),
    unhurried=Timing(),  # in virtual time, work takes none
    scale=1.0,
    line_scale=1.0,
    lateness=0.0,
    ping_interval=10.0,
    ping_timeout=5.0,
    sockets=False,
)
OVER_SOCKETS = Pace(
    timing=_HURRIED,
    unhurried=structs.replace(_HURRIED, request_timeout=25.0, probe_idle=25.0),
    scale=0.1,
    line_scale=0.01,
    lateness=0.5,
    ping_interval=0.2,
    ping_timeout=2.0,
    sockets=True,
)
