"""What one process that serves calls answers about itself."""

from __future__ import annotations

import os
import time
from typing import Any, Protocol

from relay_actors.errors import RelayError
from relay_actors.telemetry.stats import Stats
from relay_actors.telemetry.status import CallStatus, Status
from relay_runtime.client.frame_tap import FrameTap
from relay_runtime.inspection.frame_mask import FrameMask
from relay_runtime.inspection.protocol import Problem, Request
from relay_runtime.inspection.reports import Drained, Report, WorkerReport, counted, resident_bytes
from relay_runtime.inspection.trace import CallTrace
from relay_runtime.metrics import MetricSamples
from relay_runtime.version import VERSION
from relay_runtime.watch.masking import Masker

__all__ = ["Inspected", "ProcessAnswers"]


class Inspected(Protocol):
    """What is asked of a client."""

    stats: Stats
    tap: FrameTap

    def status(self) -> Status:
        """Return the client at this moment."""

    def live_calls(self) -> list[CallStatus]:
        """Return the live calls."""

    def call_status(self, call_id: str) -> CallStatus | None:
        """Return one live call, or None when there is none."""

    def hangup_call(self, call_id: str) -> bool:
        """Hang a call up; return False when there is none."""


class Lifetime(Protocol):
    """What is asked of the process around a client."""

    @property
    def stopping(self) -> bool:
        """Whether the process was told to stop."""

    def request_stop(self, why: str) -> bool:
        """Stop as at a first signal; return False when it was told before. Never blocks."""


class Measured(Protocol):
    """What is asked of the monitor of a process."""

    def samples(self) -> list[MetricSamples]:
        """Return the metrics of the process."""

    def not_ready(self) -> tuple[str, ...]:
        """Return why the process should get no calls now."""


class ProcessAnswers:
    """Answers the requests of a control socket.

    Args:
        client: the client that serves the calls.
        process: the process around it.
        monitor: what is measured of it.
        app: what serves the calls, as it was named.
        secrets: values that are masked in traces.
    """

    def __init__(
        self,
        client: Inspected,
        process: Lifetime,
        monitor: Measured,
        *,
        app: str,
        secrets: tuple[str, ...] = (),
    ) -> None:
        self._client = client
        self._process = process
        self._app = app
        self._mask = FrameMask(Masker(secrets))
        self._monitor = monitor
        self._began = time.monotonic()

    def answer(self, request: Request) -> Any:
        """Return the answer to a request; blocks the current greenlet for a bounded time.

        Raises:
            Problem: it can't be served.
        """
        match request.op:
            case "report":
                return self.report(calls=request.calls)
            case "find":
                return self._matching(request.id)
            case "call":
                return self._call(self._one(request.id))
            case "trace":
                return CallTrace(self._client.tap, self._one(request.id), self._mask)
            case "hangup":
                return self._hang_up(self._one(request.id))
            case "drain":
                return Drained(begun=self._process.request_stop("relay-runtime drain"), live=self._live())
            case "metrics":
                return self._monitor.samples()
            case "ready":
                return self._monitor.not_ready()
        raise Problem("bad_request", f"there is no op {request.op!r}")

    def report(self, *, calls: bool = False) -> Report:
        """Return the whole process."""
        status = self._client.status()
        uptime = time.monotonic() - self._began
        worker = WorkerReport(
            pid=os.getpid(),
            state=self._state(status),
            uptime=uptime,
            memory=resident_bytes(),
            status=status,
            stats=counted(self._client.stats),
            calls=tuple(self._client.live_calls()) if calls else (),
        )
        return Report(
            pid=worker.pid,
            app=self._app,
            version=VERSION,
            uptime=uptime,
            draining=self._process.stopping,
            workers=(worker,),
            memory=worker.memory,
        )

    def _state(self, status: Status) -> str:
        if self._process.stopping:
            return "draining"
        return "serving" if status.connection.state == "connected" else "starting"

    def _live(self) -> int:
        return self._client.status().calls.live

    def _matching(self, prefix: str) -> list[str]:
        if self._client.call_status(prefix) is not None:
            return [prefix]
        return [call.call_id for call in self._client.live_calls() if call.call_id.startswith(prefix)]

    def _one(self, prefix: str) -> str:
        """Return the id of the one live call whose id begins so."""
        found = self._matching(prefix) if prefix else []
        return only_one(prefix, found, self._live())

    def _call(self, call_id: str) -> CallStatus:
        status = self._client.call_status(call_id)
        if status is None:
            raise unknown_call(call_id, self._live())
        return status

    def _hang_up(self, call_id: str) -> dict[str, str]:
        try:
            found = self._client.hangup_call(call_id)
        except RelayError as error:
            raise Problem("refused", f"call {call_id} could not be hung up: {error}") from None
        if not found:
            raise unknown_call(call_id, self._live())
        return {"call_id": call_id}


def only_one(prefix: str, found: list[str], live: int) -> str:
    """Return the one id that was found.

    Raises:
        Problem: there is none, or more than one.
    """
    if not found:
        raise unknown_call(prefix, live)
    if len(found) > 1:
        shown = ", ".join(found[:5]) + (", …" if len(found) > 5 else "")
        raise Problem("several_calls", f"{len(found)} live calls begin with {prefix}: {shown}; give more of the id")
    return found[0]


def unknown_call(prefix: str, live: int) -> Problem:
    """Return the complaint that no live call has this id."""
    return Problem(
        "unknown_call", f"no live call begins with {prefix!r}; live calls: {live}; relay-runtime ps lists them"
    )
