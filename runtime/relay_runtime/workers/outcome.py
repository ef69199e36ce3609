"""What the ends of the workers come to: the exit code of all, and the calls that may be up still."""

from __future__ import annotations

from typing import Final

from relay_actors.kit import clock
from relay_actors.kit.log import logger
from relay_runtime.process.process import ExitCode
from relay_runtime.workers.worker import Worker

__all__ = ["Outcome"]

_MOMENT: Final = 1.0  # seconds in which a worker that is told of a death goes on with the calls
_EXPECTED: Final = (ExitCode.OK, ExitCode.CALLS_ENDED, ExitCode.AT_ONCE, ExitCode.UNREACHABLE)
_WEIGHT: Final = (ExitCode.OK, ExitCode.CALLS_ENDED, ExitCode.FAILED, ExitCode.AT_ONCE, ExitCode.UNREACHABLE)


class Outcome:
    """Judges the ends of workers.

    Attributes:
        code: the weightiest exit code so far, or None.
        left_up: how many calls workers may have left up at the server.
    """

    def __init__(self) -> None:
        self.code: ExitCode | None = None
        self.left_up = 0
        self._fresh: list[tuple[float, Worker]] = []  # those that have died a moment ago, and when
        self._alone: list[Worker] = []  # those whose calls wait for the next worker that serves

    def settle(self, code: ExitCode) -> None:
        """Keep the weightiest exit code."""
        if self.code is None or (
            self.code in _WEIGHT and code in _WEIGHT and _WEIGHT.index(code) > _WEIGHT.index(self.code)
        ):
            self.code = code

    def died(self, worker: Worker, *, adopted: bool, alone: bool = False) -> None:
        """Tell of the calls that a worker may have left up, whenever and however it has ended.

        Args:
            worker: the worker.
            adopted: whether another worker goes on with them, or will.
            alone: whether none serves calls at this moment: the next one that does goes on with them.
        """
        up = worker.tally.up
        if up and adopted and worker.facts.get("ledger"):
            who = "the next one that serves" if alone else "another one"
            logger.error("worker {} ended with {}; {} goes on with its calls: {}", worker.number, worker.end, who, up)
            now = clock.monotonic()
            self._fresh = [(when, each) for when, each in self._fresh if now - when < _MOMENT] + [(now, worker)]
            if alone:  # whoever was to go on with others may have died with them
                self._alone += [each for _, each in self._fresh if each not in self._alone]
            return
        if worker.exit_code == ExitCode.UNREACHABLE and worker.ready_at is not None:
            logger.error("worker {}: calls may be up still; its own lines name them", worker.number)
        elif not up:
            return
        else:
            self._name_calls(worker)
        self.left_up += up
        self.settle(ExitCode.UNREACHABLE)

    @staticmethod
    def _name_calls(worker: Worker) -> None:
        tally = worker.tally
        logger.error(
            "worker {} ended with {}; calls may be up still: {}: {}", worker.number, worker.end, tally.up, tally.names
        )

    def serves(self) -> None:
        """Note that a worker serves calls: it goes on with those that wait for one."""
        self._alone.clear()

    def ended(self, worker: Worker, *, at_once: bool) -> None:
        """Take the exit code of a worker that was told to end."""
        code = worker.exit_code
        if code == ExitCode.AT_ONCE or at_once:
            self.settle(ExitCode.AT_ONCE)
        elif code == ExitCode.CALLS_ENDED:
            logger.warning(
                "worker {}: the drain timeout was over, and calls that were still up were hung up", worker.number
            )
            self.settle(ExitCode.CALLS_ENDED)
        elif code not in _EXPECTED and worker.ready_at is not None:
            logger.error("worker {} did not drain: it ended with {}", worker.number, worker.end)
            self.settle(ExitCode.FAILED)
        elif not worker.loaded:
            self.ended_loading(worker)

    def ended_loading(self, worker: Worker) -> None:
        """Take the end of a worker that had not loaded the app: what that began, if anything, nobody knows.

        By a signal of ours that is what had to come. An end of its own accord is none that was asked for.
        """
        logger.warning("worker {} ended with {}", worker.number, worker.end)
        if worker.exit_code is None or worker.exit_code >= 0:
            self.settle(ExitCode.FAILED)

    def tell(self) -> ExitCode:
        """Log what it has come to, and return the exit code."""
        for worker in self._alone:  # until the next start
            self._name_calls(worker)
            self.left_up += worker.tally.up
            self.settle(ExitCode.UNREACHABLE)
        code = ExitCode.OK if self.code is None else self.code
        if code is ExitCode.OK:
            logger.info("stopped: every call ended by itself")
        elif code is ExitCode.UNREACHABLE:
            logger.error("stopped: calls may be up still; the lines before name them")
        return code
