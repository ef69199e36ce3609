"""What a running process says of itself, as immutable values. Durations are seconds, sizes are bytes."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from relay_actors.telemetry.stats import Stats
from relay_actors.telemetry.status import CallStatus, Status

__all__ = ["Drained", "Report", "WorkerReport", "counted", "not_answering", "resident_bytes", "worker_name"]


class WorkerReport(msgspec.Struct, frozen=True, kw_only=True):
    """One process that serves calls.

    Attributes:
        pid: its process id; 0 while it waits to be started.
        number: its place among the workers, from 1; 0 when the process has no workers.
        state: ``starting`` (or without a connection), ``serving``, ``draining``, ``waiting`` (its next start is due) or
            ``silent`` (it does not answer).
        uptime: seconds since it was started.
        restarts: how often it was started again after its death.
        memory: its resident size, or None where the system does not tell.
        status: its client, or None when it is not there yet or does not answer.
        stats: what its client counted; see `Stats`.
        calls: its live calls, when they were asked for.
        problem: why it has no status, or why it died the last time; else an empty string.
    """

    pid: int
    number: int = 0
    state: str = "serving"
    uptime: float = 0.0
    restarts: int = 0
    memory: int | None = None
    status: Status | None = None
    stats: dict[str, Any] = {}
    calls: tuple[CallStatus, ...] = ()
    problem: str = ""

    @property
    def silent(self) -> bool:
        """Whether it has calls, perhaps, and does not answer which."""
        return self.status is None and self.state in {"silent", "draining"}

    @property
    def name(self) -> str:
        """Its number and its process, for people."""
        return worker_name(self.number, self.pid)


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A process that somebody started.

    Attributes:
        pid: its process id.
        app: what serves its calls, as it was named.
        version: of relay-runtime.
        uptime: seconds since it was started.
        draining: whether it was told to stop.
        supervised: whether the workers are processes of their own.
        workers: the processes that serve calls; one, itself, when it has no workers.
        memory: its own resident size, or None where the system does not tell.
    """

    pid: int
    app: str
    version: str
    uptime: float
    draining: bool
    workers: tuple[WorkerReport, ...]
    supervised: bool = False
    memory: int | None = None


class Drained(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the wish that a process ends.

    Attributes:
        begun: whether it was this wish; False when it was told before.
        live: its live calls, as far as they are known.
        silent: its workers that do not answer, by name; their calls are not known.
    """

    begun: bool
    live: int
    silent: tuple[str, ...] = ()


def worker_name(number: int, pid: int) -> str:
    """Return what a worker is called for people."""
    return f"worker {number} (process {pid})"


def not_answering(names: Sequence[str]) -> str:
    """Say that some workers do not answer; there is one at least."""
    return f"{' and '.join(names)} {'does' if len(names) == 1 else 'do'} not answer"


def counted(stats: Stats) -> dict[str, Any]:
    """Return what a client counted, by name; counts by reason are mappings. Distributions are left to the metrics."""
    return {
        name: {_label(reason): count for reason, count in value.items()} if isinstance(value, Counter) else value
        for name, value in vars(stats).items()
        if isinstance(value, int | Counter)
    }


def _label(reason: str | tuple[str, ...]) -> str:
    return reason if isinstance(reason, str) else " ".join(reason)


def resident_bytes(pid: int | None = None) -> int | None:
    """Return the resident size of a process in bytes, or None where the system does not tell."""
    try:
        fields = Path(f"/proc/{'self' if pid is None else pid}/statm").read_text(encoding="ascii").split()
        return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None
