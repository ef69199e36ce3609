"""The metrics of all workers as one, and whether any of them is ready."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from gevent.pool import Pool

from relay_runtime.inspection.asking import Asker, NotAnsweringError
from relay_runtime.inspection.protocol import Problem, Request
from relay_runtime.metrics import MetricSamples, counted, exposition, merged
from relay_runtime.watch.logs import lines_dropped
from relay_runtime.workers.parent import Parent
from relay_runtime.workers.totals import COUNTED
from relay_runtime.workers.worker import State, Worker

__all__ = ["PATIENCE", "ParentMetrics", "ask_all"]

PATIENCE: Final = 3.0  # seconds for a worker; less than who asks the parent has
_AT_WORK: Final = (State.CONNECTING, State.SERVING)
_ASKABLE: Final = (*_AT_WORK, State.DRAINING)
_SILENT: Final = "silent"


def ask_all(workers: list[Worker], request: Request, kind: Any) -> Iterator[tuple[Worker, Any]]:
    """Yield what those workers say that answer in time, as it comes. Blocks the current greenlet for a bounded time."""

    def ask(worker: Worker) -> tuple[Worker, Any] | None:
        try:
            return worker, Asker(worker.control_socket, PATIENCE).ask(request, kind)
        except (NotAnsweringError, Problem):
            return None

    pool: Any = Pool(16)
    return (each for each in pool.imap_unordered(ask, workers) if each is not None)


class ParentMetrics:
    """What a parent tells Prometheus and probes.

    Counters are those of the workers that live and of those that have ended, so that they never go back; of a worker
    that was killed, it is what it had counted when it was asked last, and what it wrote down of its calls. Gauges are
    those of the workers that live.

    Args:
        parent: the workers.
    """

    def __init__(self, parent: Parent) -> None:
        self._parent = parent

    def samples(self) -> list[MetricSamples]:
        """Return the metrics. Blocks the current greenlet for a bounded time."""
        askable = [worker for worker in self._parent.living if worker.state in _ASKABLE]
        answers = dict(ask_all(askable, Request(op="metrics"), list[MetricSamples]))
        parts = []
        for worker in askable:
            worker.seen_metrics = answers.get(worker, worker.seen_metrics)
            if worker.buried:
                continue  # it has ended meanwhile, and is among the lost ones
            parts.append([each for each in worker.seen_metrics if worker in answers or each.kind in COUNTED])
        silent = [each for each in askable if each not in answers and each.state in _AT_WORK]
        own_log = counted("relay_log_lines_dropped", {"": lines_dropped()})
        return [*merged([self._parent.lost.metrics, *parts, [own_log]]), *self._own(silent)]

    def page(self) -> bytes:
        """Return the metrics as Prometheus reads them. Blocks as `samples`."""
        return exposition(self.samples())

    def notes(self) -> tuple[str, ...]:
        """Return what asks for a look at the workers that serve. Blocks as `samples`."""
        serving = [worker for worker in self._parent.living if worker.state is State.SERVING]
        told = ask_all(serving, Request(op="notes"), list[str])
        return tuple(f"worker {worker.number}: {note}" for worker, notes in told for note in notes)

    def not_ready(self) -> tuple[str, ...]:
        """Return why no worker should get calls; nothing when one should. Blocks as `samples`."""
        if self._parent.stopping:
            return ("draining: no new call is taken",)
        serving = [worker for worker in self._parent.living if worker.state is State.SERVING]
        told = []
        for worker, reasons in ask_all(serving, Request(op="ready"), list[str]):
            if not reasons:
                return ()  # nobody waits for those that don't answer
            told += [f"worker {worker.number}: {reason}" for reason in reasons]
        return tuple(told) or ("no worker serves calls and answers",)

    def _own(self, silent: Iterable[Worker]) -> list[MetricSamples]:
        states = {state.value: 0 for state in State if state is not State.DEAD} | {_SILENT: 0}
        for worker in self._parent.living:
            states[_SILENT if worker in silent else worker.state.value] += 1
        restarts = sum(slot.restarts.total for slot in self._parent.slots)
        return [
            counted("relay_workers", states),
            counted("relay_worker_restarts", {"": restarts}),
            counted("relay_worker_timeouts", {"": self._parent.timeouts}),
            counted("relay_calls_left_up", {"": self._parent.outcome.left_up}),
        ]
