"""The processes whose clients use a sandbox: what each says of itself over its control socket."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import gevent
import msgspec

from relay_actors.telemetry.status import CallStatus
from relay_runtime.inspection.asking import Asker, NotAnsweringError
from relay_runtime.inspection.places import running_sockets
from relay_runtime.inspection.protocol import Problem, Request
from relay_runtime.inspection.reports import Report, WorkerReport
from relay_runtime.metrics.samples import MetricSamples
from relay_runtime.settings.endpoint import is_loopback

__all__ = ["App", "Apps"]

_PATIENCE: Final = 1.0  # seconds for a process to answer
_STRANGERS_FOR: Final = 10  # looks for which a process that uses another server is not asked again
_LAG: Final = "relay_hub_lag_seconds"


class App(msgspec.Struct, frozen=True, kw_only=True):
    """One process that serves calls of the sandbox.

    Attributes:
        pid: its process id.
        name: what serves its calls, as it was named.
        state: how it is, as `WorkerReport.state` says it.
        connection: the state of its connection.
        last_error: why its last connection ended, or an empty text.
        reconnects: logins after its first.
        lag: the bound in seconds below which its event loop was late since the last look; None when it is not known.
        memory: its resident size in bytes, or None.
        counted: what it counted, by name.
    """

    pid: int
    name: str
    state: str
    connection: str
    last_error: str
    reconnects: int
    lag: float | None
    memory: int | None
    counted: Mapping[str, int]


class Apps:
    """Asks the processes of this user which of them use a sandbox.

    Args:
        url: the URL of the sandbox.

    Attributes:
        seen: what the last look found.
        calls: their live calls by id, as the last look found them.
    """

    def __init__(self, url: str) -> None:
        self._port = urlsplit(url).port
        self.seen: tuple[App, ...] = ()
        self.calls: dict[str, CallStatus] = {}
        self._strangers: dict[int, int] = {}
        self._lags: dict[int, Lag] = {}

    def look(self) -> None:
        """Ask all of them. Blocks the current greenlet, for a second or two at most."""
        self._strangers = {pid: left - 1 for pid, left in self._strangers.items() if left > 1}
        asked = {pid: path for pid, path in running_sockets().items() if pid not in self._strangers}
        found = [gevent.spawn(self._ask, pid, path) for pid, path in asked.items()]
        apps: list[App] = []
        calls: dict[str, CallStatus] = {}
        for each in gevent.joinall(found):
            for app, its_calls in each.value or ():
                apps.append(app)
                calls.update((call.call_id, call) for call in its_calls)
        self._lags = {pid: lag for pid, lag in self._lags.items() if pid in asked}
        self.seen, self.calls = tuple(sorted(apps, key=lambda app: app.pid)), calls

    def _ask(self, pid: int, path: Path) -> list[tuple[App, tuple[CallStatus, ...]]]:
        """Return what a process says of itself; nothing if it uses another server, or does not answer."""
        asker = Asker(path, _PATIENCE)
        try:
            report = asker.ask(Request(op="report", calls=True), Report)
            if not any(map(self._is_here, report.workers)):
                self._strangers[pid] = _STRANGERS_FOR
                return []
            samples = asker.ask(Request(op="metrics"), list[MetricSamples])
        except (NotAnsweringError, Problem):
            return []
        lag = self._lags.setdefault(pid, Lag()).since(samples)
        return [(_app(report.app, worker, lag), worker.calls) for worker in report.workers]

    def _is_here(self, worker: WorkerReport) -> bool:
        """Whether a process uses the sandbox; one that has not said yet may do so."""
        if worker.status is None or not worker.status.connection.endpoint:
            return True
        host, _, port = worker.status.connection.endpoint.rpartition(":")
        return port == str(self._port) and is_loopback(host.strip("[]"))


class Lag:
    """How late an event loop was from one look to the next, by what its metrics have counted."""

    def __init__(self) -> None:
        self._before: dict[float, float] = {}

    def since(self, families: list[MetricSamples]) -> float | None:
        """Return the bound in seconds below which it was, or None when nothing was measured."""
        now = {
            float(labels["le"]): value
            for family in families
            for name, labels, value in family.values
            if name == f"{_LAG}_bucket"
        }
        before, self._before = self._before, now
        new = {bound: value - before.get(bound, 0.0) for bound, value in now.items()}
        everything = new.get(math.inf, 0.0)
        if everything <= 0:
            return None
        bound = min(bound for bound, count in new.items() if count >= everything)
        return max((each for each in now if math.isfinite(each)), default=None) if math.isinf(bound) else bound


def _app(name: str, worker: WorkerReport, lag: float | None) -> App:
    connection = None if worker.status is None else worker.status.connection
    return App(
        pid=worker.pid,
        name=name,
        state=worker.state,
        connection="" if connection is None else connection.state,
        last_error="" if connection is None else connection.last_error,
        reconnects=0 if connection is None else max(0, connection.logins - 1),
        lag=lag,
        memory=worker.memory,
        counted=dict(_flat(worker.stats)),
    )


def _flat(stats: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Return what was counted by name alone; counts by reason are added up."""
    flat = [(name, sum(value.values()) if isinstance(value, dict) else int(value)) for name, value in stats.items()]
    return [(name, count) for name, count in flat if count]
