"""One place for a worker process: the worker that has it, and the one that is to have it next."""

from __future__ import annotations

from relay_actors.kit.restarts import Backoff, Restarts
from relay_actors.kit.timer import Timer
from relay_runtime.workers.worker import State, Worker

__all__ = ["Slot"]


class Slot:
    """A place for one worker.

    Args:
        number: which, from 1.
        backoff: how the starts of its workers are spread.

    Attributes:
        number: as above.
        worker: who has it; None while a start is due.
        successor: a replacement that is loaded, or being loaded, and serves nobody yet.
        restarts: how often a worker was started after a death.
        due: the time of the next start by the monotonic clock, or None.
        problem: how the last one died, or an empty string.
    """

    def __init__(self, number: int, backoff: Backoff) -> None:
        self.number = number
        self.worker: Worker | None = None
        self.successor: Worker | None = None
        self.restarts = Restarts(backoff)
        self.due: float | None = None
        self.problem = ""
        self.timer = Timer()

    @property
    def serving(self) -> bool:
        """Whether its worker serves calls."""
        return self.worker is not None and self.worker.state is State.SERVING

    @property
    def empty(self) -> bool:
        """Whether nobody has it, and every death was dealt with."""
        return self.worker is None and self.successor is None

    @property
    def living(self) -> list[Worker]:
        """The processes of this place that have not died."""
        return [each for each in (self.worker, self.successor) if each is not None and each.state is not State.DEAD]

    def cancel(self) -> None:
        """Cancel the start that is due."""
        self.timer.cancel()
        self.due = None
