"""What a parent answers: it asks its workers, and puts their answers together."""

from __future__ import annotations

import os
import time
from typing import Any

import gevent
import msgspec
from gevent.pool import Pool

from relay_actors.telemetry.status import CallStatus
from relay_runtime.inspection import Asker, Drained, NotAnsweringError, Problem, Report, WorkerReport
from relay_runtime.inspection.answers import only_one
from relay_runtime.inspection.protocol import Request
from relay_runtime.inspection.reports import resident_bytes
from relay_runtime.inspection.trace import Stream
from relay_runtime.version import VERSION
from relay_runtime.workers.metrics import PATIENCE, ParentMetrics, ask_all
from relay_runtime.workers.parent import Parent
from relay_runtime.workers.slot import Slot
from relay_runtime.workers.worker import State, Worker

__all__ = ["ParentAnswers"]


class ParentAnswers:
    """Answers the requests of a parent's control socket.

    Args:
        parent: the workers.
        app: what serves the calls, as it was named.
        metrics: the metrics of all workers.
    """

    def __init__(self, parent: Parent, metrics: ParentMetrics, *, app: str) -> None:
        self._parent = parent
        self._app = app
        self._metrics = metrics
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
                return [call_id for _, call_id in self._matching(request.id)]
            case "call":
                return self._forward(request, CallStatus)
            case "hangup":
                return self._forward(request, dict[str, str])
            case "trace":
                worker, call_id = self._one(request.id)
                return Relayed(worker.control_socket, msgspec.structs.replace(request, id=call_id))
            case "drain":
                return Drained(begun=self._parent.request_stop("relay-runtime drain"), live=self._live())
            case "metrics":
                return self._metrics.samples()
            case "ready":
                return self._metrics.not_ready()
        raise Problem("bad_request", f"there is no op {request.op!r}")

    def report(self, *, calls: bool = False) -> Report:
        """Return the parent and all of its workers. Blocks the current greenlet for a bounded time."""
        pool: Any = Pool(16)
        workers = pool.map(lambda slot: self._of_slot(slot, calls=calls), self._parent.slots)
        return Report(
            pid=os.getpid(),
            app=self._app,
            version=VERSION,
            uptime=time.monotonic() - self._began,
            draining=self._parent.stopping,
            workers=tuple(workers),
            supervised=True,
            memory=resident_bytes(),
        )

    def _of_slot(self, slot: Slot, *, calls: bool) -> WorkerReport:
        worker = slot.worker
        if worker is None or worker.state is State.DEAD:
            return WorkerReport(
                pid=0, number=slot.number, state="waiting", restarts=slot.restarts.total, problem=slot.problem
            )
        known: dict[str, Any] = {
            "pid": worker.pid,
            "number": slot.number,
            "uptime": time.monotonic() - worker.began,
            "restarts": slot.restarts.total,
            "problem": slot.problem,
        }
        if worker.state in {State.STARTING, State.LOADED}:
            return WorkerReport(**known, state="starting", memory=resident_bytes(worker.pid))
        try:
            report = Asker(worker.control_socket, PATIENCE).ask(Request(op="report", calls=calls), Report)
        except (NotAnsweringError, Problem) as error:
            state = "draining" if worker.state is State.DRAINING else "silent"
            return WorkerReport(**{**known, "problem": str(error)}, state=state, memory=resident_bytes(worker.pid))
        return msgspec.structs.replace(report.workers[0], **known)

    def _live(self) -> int:
        counts = [each.status.calls.live for each in self.report().workers if each.status is not None]
        return sum(counts)

    def _serving(self) -> list[Worker]:
        states = {State.CONNECTING, State.SERVING, State.DRAINING}
        return [worker for worker in self._parent.living if worker.state in states]

    def _matching(self, prefix: str) -> list[tuple[Worker, str]]:
        found = ask_all(self._serving(), Request(op="find", id=prefix), list[str])
        return [(worker, call_id) for worker, ids in found for call_id in ids]

    def _one(self, prefix: str) -> tuple[Worker, str]:
        """Return the one live call whose id begins so, and its worker."""
        found = self._matching(prefix) if prefix else []
        exact = [pair for pair in found if pair[1] == prefix]
        if exact:
            return exact[0]
        only_one(prefix, [call_id for _, call_id in found], self._live() if not found else 0)
        return found[0]

    def _forward(self, request: Request, kind: Any) -> Any:
        worker, call_id = self._one(request.id)
        try:
            return Asker(worker.control_socket, PATIENCE).ask(msgspec.structs.replace(request, id=call_id), kind)
        except NotAnsweringError as error:
            raise Problem("failed", f"worker {worker.number} does not answer: {error}") from None


class Relayed(Stream):
    """What comes from a worker, handed on.

    Args:
        path: the worker's control socket.
        request: what the worker is asked.
    """

    def __init__(self, path: Any, request: Request) -> None:
        super().__init__()
        self._pump = gevent.spawn(self._run, path, request)

    def close(self) -> None:
        """Ask the worker no more."""
        super().close()
        if gevent.getcurrent() is not self._pump:
            self._pump.kill(block=False)

    def _run(self, path: Any, request: Request) -> None:
        try:
            for item in Asker(path).follow(request):
                self.put(item)
        except (Problem, NotAnsweringError):
            pass  # the call or the worker has just ended
        finally:
            self.close()
