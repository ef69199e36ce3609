"""Answers the requests of a control socket, for a process that serves calls and for a parent of such processes."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from relay_actors.kit import clock
from relay_actors.telemetry.status import CallStatus
from relay_runtime.inspection.protocol import Problem, Request
from relay_runtime.inspection.reports import Drained, Report, WorkerReport, not_answering, resident_bytes
from relay_runtime.inspection.trace import Stream
from relay_runtime.metrics import MetricSamples
from relay_runtime.version import VERSION

__all__ = ["Answers", "Found", "Served"]


class Found(NamedTuple):
    """A live call that was found: its id, and the worker that serves it if that is another process."""

    call_id: str
    worker: Any = None


class Served(Protocol):
    """What is asked of whoever serves calls. Every method blocks the current greenlet for a bounded time."""

    supervised: bool
    """Whether the calls are served by workers that are processes of their own."""

    def workers(self, *, calls: bool) -> tuple[WorkerReport, ...]:
        """Return the processes that serve calls, with their calls or without."""

    def live(self) -> tuple[int, tuple[str, ...]]:
        """Return how many calls are live, and the names of the workers that do not answer how many they have."""

    def find(self, prefix: str) -> tuple[list[Found], tuple[str, ...]]:
        """Return the live calls whose id begins so, and the names of the workers that may have more of them."""

    def call(self, found: Found) -> CallStatus | None:
        """Return a call's status; None when it has ended."""

    def trace(self, found: Found) -> Stream:
        """Return the frames of a call as they pass."""

    def record(self, found: Found, how: Request) -> Stream | None:
        """Return the recording of a call from now on; None when it has ended."""

    def record_next(self, how: Request) -> Stream:
        """Return the recording of the next call that begins."""

    def hang_up(self, found: Found) -> dict[str, str] | None:
        """Hang a call up and return its ``call_id``; None when it has ended.

        Raises:
            Problem: it could not be hung up.
        """


class Lifetime(Protocol):
    """What is asked of the process."""

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

    def notes(self) -> tuple[str, ...]:
        """Return what asks for a look all the same."""


class Answers:
    """Answers requests.

    Args:
        served: who serves the calls.
        process: the process around it.
        monitor: what is measured of it.
        app: what serves the calls, as it was named.
    """

    def __init__(self, served: Served, process: Lifetime, monitor: Measured, *, app: str) -> None:
        self._served = served
        self._process = process
        self._monitor = monitor
        self._app = app
        self._began = clock.monotonic()

    def answer(self, request: Request) -> Any:
        """Return the answer to a request; blocks the current greenlet for a bounded time.

        Raises:
            Problem: it can't be served.
        """
        match request.op:
            case "report":
                return self._report(calls=request.calls)
            case "find":
                return [found.call_id for found in self._served.find(request.id)[0]]
            case "call":
                return self._of_one(request.id, self._served.call)
            case "trace":
                return self._of_one(request.id, self._served.trace)
            case "record":
                return self._of_one(request.id, lambda found: self._served.record(found, request))
            case "record_next":
                return self._served.record_next(request)
            case "hangup":
                return self._of_one(request.id, self._served.hang_up)
            case "drain":
                begun, (live, silent) = self._process.request_stop("relay-runtime drain"), self._served.live()
                return Drained(begun=begun, live=live, silent=silent)
            case "metrics":
                return self._monitor.samples()
            case "ready":
                return self._monitor.not_ready()
            case "notes":
                return self._monitor.notes()
        raise Problem("bad_request", f"there is no op {request.op!r}")

    def _report(self, *, calls: bool) -> Report:
        return Report(
            pid=os.getpid(),
            app=self._app,
            version=VERSION,
            uptime=clock.monotonic() - self._began,
            draining=self._process.stopping,
            workers=self._served.workers(calls=calls),
            supervised=self._served.supervised,
            memory=resident_bytes(),
        )

    def _of_one(self, prefix: str, ask: Callable[[Found], Any]) -> Any:
        """Return what is answered for the one live call whose id begins so, or is so."""
        found, silent = self._served.find(prefix) if prefix else ([], ())
        found = [each for each in found if each.call_id == prefix] or found
        if silent and [each.call_id for each in found] != [prefix]:
            raise Problem(
                "failed",
                f"{not_answering(silent)}: a call that begins with {prefix!r} may be there; what others serve is found "
                "by its whole id",
            )
        if len(found) > 1:
            shown = ", ".join(each.call_id for each in found[:5]) + (", …" if len(found) > 5 else "")
            raise Problem("several_calls", f"{len(found)} live calls begin with {prefix}: {shown}; give more of the id")
        answer = ask(found[0]) if found else None
        if answer is None:
            given, (live, _) = found[0].call_id if found else prefix, self._served.live()
            raise Problem(
                "unknown_call", f"no live call begins with {given!r}; live calls: {live}; relay-runtime ps lists them"
            )
        return answer
