"""The calls of all workers, for those who look into their parent: it asks the workers."""

from __future__ import annotations

from typing import Any, Final

import gevent
import msgspec
from gevent.pool import Pool

from relay_actors.kit import clock
from relay_actors.telemetry.status import CallStatus
from relay_runtime.inspection.answers import Found
from relay_runtime.inspection.asking import Asker, NotAnsweringError
from relay_runtime.inspection.protocol import Problem, Request
from relay_runtime.inspection.reports import Report, WorkerReport, not_answering, resident_bytes, worker_name
from relay_runtime.inspection.trace import Stream
from relay_runtime.workers.metrics import PATIENCE, ask_all
from relay_runtime.workers.parent import Parent
from relay_runtime.workers.slot import Slot
from relay_runtime.workers.worker import State, Worker

__all__ = ["WorkersCalls"]

_SERVING = (State.CONNECTING, State.SERVING, State.DRAINING)
_MOMENT: Final = 0.2
"""Seconds from the end of a process's sockets to its own: a worker that was killed closes them first."""
_ENDED: Final = "ended while it was asked"


class WorkersCalls:
    """The workers of a parent, and their calls; see `Served`.

    Args:
        parent: the parent of the workers.
    """

    supervised = True

    def __init__(self, parent: Parent) -> None:
        self._parent = parent

    def workers(self, *, calls: bool) -> tuple[WorkerReport, ...]:
        """Return every worker, in order, also those that wait to be started. Asks them side by side."""
        pool: Any = Pool(16)
        return tuple(pool.map(lambda slot: self._of_slot(slot, calls=calls), self._parent.slots))

    def live(self) -> tuple[int, tuple[str, ...]]:
        """Return how many calls are live on those workers that answer, and the names of the others."""
        reports = self.workers(calls=False)
        live = sum(each.status.calls.live for each in reports if each.status is not None)
        return live, tuple(each.name for each in reports if each.silent)

    def find(self, prefix: str) -> tuple[list[Found], tuple[str, ...]]:
        """Return the live calls whose id begins so, and the names of the workers that do not answer.

        When one is so alone, nobody waits for those that don't.
        """
        serving = [worker for worker in self._parent.living if worker.state in _SERVING]
        found: dict[Worker, list[str]] = {}
        for worker, ids in ask_all(serving, Request(op="find", id=prefix), list[str]):
            found[worker] = ids
            if prefix in ids:
                return [Found(prefix, worker)], ()
        calls = [Found(call_id, worker) for worker in serving for call_id in found.get(worker, ())]
        silent = [worker for worker in serving if worker not in found and not worker.ends(0)]
        return calls, tuple(worker_name(worker.number, worker.pid) for worker in silent)

    def call(self, found: Found) -> CallStatus:
        """Return a call's status, as its worker tells it."""
        status: CallStatus = self._asked("call", found, CallStatus)
        return status

    def trace(self, found: Found) -> Stream:
        """Return the frames of a call as its worker sends them."""
        return Relayed(found.worker.control_socket, Request(op="trace", id=found.call_id))

    def record(self, found: Found, how: Request) -> Stream:
        """Return the recording of a call from now on, as its worker sends it."""
        return Relayed(found.worker.control_socket, msgspec.structs.replace(how, id=found.call_id))

    def record_next(self, how: Request) -> Stream:
        """Return the recording of the next call that begins, on whichever worker.

        Raises:
            Problem: no worker serves calls.
        """
        serving = [worker for worker in self._parent.living if worker.state in _SERVING]
        if not serving:
            raise Problem("failed", "no worker serves calls")
        return FirstRelayed([worker.control_socket for worker in serving], how)

    def hang_up(self, found: Found) -> dict[str, str]:
        """Have its worker hang a call up, and return its ``call_id``."""
        hung_up: dict[str, str] = self._asked("hangup", found, dict[str, str])
        return hung_up

    def _asked(self, op: str, found: Found, kind: Any) -> Any:
        worker = found.worker
        try:
            return Asker(worker.control_socket, PATIENCE).ask(Request(op=op, id=found.call_id), kind)
        except NotAnsweringError:
            name = worker_name(worker.number, worker.pid)
            why = f"{name} {_ENDED}" if worker.ends(_MOMENT) else not_answering([name])
            raise Problem("failed", why) from None

    def _of_slot(self, slot: Slot, *, calls: bool) -> WorkerReport:
        worker = slot.worker
        waiting = WorkerReport(
            pid=0, number=slot.number, state="waiting", restarts=slot.restarts.total, problem=slot.problem
        )
        if worker is None or worker.state is State.DEAD:
            return waiting
        known: dict[str, Any] = {
            "pid": worker.pid,
            "number": slot.number,
            "uptime": clock.monotonic() - worker.began,
            "restarts": slot.restarts.total,
            "problem": slot.problem,
        }
        if worker.state in {State.STARTING, State.LOADED}:
            return WorkerReport(**known, state="starting", memory=resident_bytes(worker.pid))
        try:
            report = Asker(worker.control_socket, PATIENCE).ask(Request(op="report", calls=calls), Report)
        except (NotAnsweringError, Problem) as error:
            if worker.ends(_MOMENT):
                problem = f"{worker_name(worker.number, worker.pid)} {_ENDED}"
                return msgspec.structs.replace(waiting, problem=problem)
            state = "draining" if worker.state is State.DRAINING else "silent"
            return WorkerReport(**{**known, "problem": str(error)}, state=state, memory=resident_bytes(worker.pid))
        return msgspec.structs.replace(report.workers[0], **known)


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


class FirstRelayed(Stream):
    """What comes from the first of several workers that has a line to tell.

    Args:
        paths: the workers' control sockets.
        request: what each worker is asked.
    """

    def __init__(self, paths: list[Any], request: Request) -> None:
        super().__init__()
        self.put({"recording": ""})
        self._first: Relayed | None = None
        self._relayed = [Relayed(path, request) for path in paths]
        self._waiting = len(paths)
        for each in self._relayed:
            gevent.spawn(self._run, each)

    def close(self) -> None:
        """Ask the workers no more."""
        super().close()
        for each in self._relayed:
            each.close()

    def _run(self, relayed: Relayed) -> None:
        for item in relayed:
            if "line" not in item and self._first is None:
                continue  # it waits, as we have said
            if self._first is None:
                self._first = relayed
                for other in self._relayed:
                    if other is not relayed:
                        other.close()
            if self._first is not relayed:
                break
            self.put(item)
        self._waiting -= 1
        if not self._waiting:  # the others end when one is the first
            self.close()
