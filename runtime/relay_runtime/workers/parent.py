"""The parent of several workers: it starts them, starts dead ones again, replaces them one by one, and ends them.

Everything that happens is an event; one greenlet handles them in order, so that no two decisions are taken at once.

A rolling restart replaces one worker after another: the replacement loads the app first; only when that went well, the
old worker drains; only when that one has ended, the replacement connects. So a broken app ends nothing, the calls of
two workers never share one limit, and all but one worker take new calls at any time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from gevent.queue import Queue

from relay_actors.kit import clock
from relay_actors.kit.chance import random_number
from relay_actors.kit.log import logger
from relay_actors.kit.restarts import Intensity, RestartWindow
from relay_runtime.process.process import ExitCode
from relay_runtime.workers.outcome import Outcome
from relay_runtime.workers.policy import Policy
from relay_runtime.workers.slot import Slot
from relay_runtime.workers.totals import Lost
from relay_runtime.workers.worker import Blueprint, State, Worker

__all__ = ["Parent"]

_HOPELESS: Final = (ExitCode.USAGE, ExitCode.BAD_APP, ExitCode.BAD_CONFIG, ExitCode.REFUSED)
"""A worker that ends so at the start would end so again."""


class Parent:
    """Keeps some workers running.

    Args:
        workers: how many.
        blueprint: what each is started with.
        drain_timeout: seconds that live calls get to end by themselves, as far as the workers don't say otherwise.
        policy: its limits.
        patient: whether to wait for another try (`roll`) when a worker can't be started, or has ended by its own code,
            as in development.
        at_once: whether a worker that is replaced ends its calls at once, instead of draining.

    Attributes:
        slots: the places of the workers.
        timeouts: how many workers were killed since they were silent.
        outcome: what the ends of the workers come to.
        lost: what workers had counted that have ended.
        on_loaded: each is called with what a worker said when it was loaded, or failed to load.
        on_stop: called with the reason when it is told to stop; must not block.
        on_serving: each is called once, when every worker serves for the first time; must not block.
    """

    def __init__(
        self,
        workers: int,
        blueprint: Blueprint,
        drain_timeout: float,
        *,
        policy: Policy | None = None,
        patient: bool = False,
        at_once: bool = False,
    ) -> None:
        self._policy = policy or Policy()
        self.slots = [Slot(number, self._policy.backoff) for number in range(1, workers + 1)]
        self.timeouts = 0
        self.outcome = Outcome()
        self.lost = Lost()
        self.on_loaded: list[Callable[[dict[str, Any]], object]] = []
        self.on_stop: Callable[[str], object] = lambda _: None
        self.on_serving: list[Callable[[], object]] = []
        self._blueprint = blueprint
        self._drain_timeout = drain_timeout
        self._patient = patient
        self._at_once = at_once
        deaths = self._policy.intensity
        self._window = RestartWindow(Intensity(deaths.restarts * workers, deaths.period))
        self._serial = 0
        self._stops = 0
        self._rolling: list[Slot] = []
        self._roll_again = self._roll_all = False
        self._was_loaded = False
        self._was_ready = False
        self._events: Queue[tuple[Callable[..., None], tuple[Any, ...]]] = Queue()

    @property
    def stopping(self) -> bool:
        """Whether it was told to stop, or has given up."""
        return self._stops > 0

    @property
    def living(self) -> list[Worker]:
        """The processes that have not died."""
        return [worker for slot in self.slots for worker in slot.living]

    # From outside; never blocks

    def stop(self, name: str) -> None:
        """Have the workers drain; called again, end at once; called a third time, be killed."""
        self._events.put((self._stop, (name,)))

    def request_stop(self, why: str) -> bool:
        """Stop as at a first signal; return False when it was told to stop before."""
        if self._stops:
            return False
        self.stop(why)
        return True

    def roll(self, why: str) -> None:
        """Replace the workers one by one."""
        self._events.put((self._roll, (why,)))

    def replace(self, slot: Slot, why: str) -> None:
        """Replace one worker, once those are replaced whose turn is before."""
        self._events.put((self._replace, (slot, why)))

    def run(self) -> int:
        """Run the workers until they are stopped, and return the exit code. Blocks the current greenlet."""
        self._launch(self.slots[0])
        while not (self.stopping and all(slot.empty for slot in self.slots)):
            handle, arguments = self._events.get()
            handle(*arguments)
        if self._was_loaded:
            logger.info("all workers have ended; {}", self.lost.summary())
        elif self.outcome.code is None:
            logger.error("stopped before a worker had loaded the app")
            self.outcome.settle(ExitCode.FAILED)
        return self.outcome.tell()

    # Starting

    def _launch(self, slot: Slot) -> None:
        slot.cancel()
        slot.worker = self._spawn(slot)

    def _spawn(self, slot: Slot) -> Worker:
        self._serial += 1
        worker = Worker(slot.number, self._serial, self._blueprint, len(self.slots), self._note, self._policy)
        logger.debug("worker {} started as process {}", slot.number, worker.pid)
        return worker

    def _note(self, worker: Worker, what: str) -> None:
        handlers = {
            "loaded": self._loaded,
            "ready": self._ready,
            "silent": self._silent,
            "overdue": self._overdue,
            "died": self._died,
        }
        self._events.put((handlers[what], (self.slots[worker.number - 1], worker)))

    def _loaded(self, slot: Slot, worker: Worker) -> None:
        """The app is there: the first worker lets the others start, a replacement lets its predecessor go."""
        self._tell_loaded(worker)
        first, self._was_loaded = not self._was_loaded, True
        if self.stopping:
            return
        if worker is slot.successor:
            self._retire(slot)
            return
        worker.let_serve()
        if first:
            for other in self.slots:
                if other.worker is None and other.due is None:
                    self._launch(other)

    def _tell_loaded(self, worker: Worker) -> None:
        for each in self.on_loaded:
            each(worker.facts)

    def _ready(self, slot: Slot, worker: Worker) -> None:
        logger.info("worker {} serves calls as process {}", slot.number, worker.pid)
        slot.problem = ""
        slot.restarts.up(clock.monotonic())
        self._was_ready = True
        self.outcome.serves()
        if all(each.serving for each in self.slots):
            logger.info("all workers serve calls; stop with Ctrl-C or SIGTERM")
            callbacks, self.on_serving = self.on_serving, []
            for each in callbacks:
                each()
        if self._rolling and self._rolling[0] is slot and worker is slot.worker:
            self._rolling.pop(0)
            self._roll_next()

    # Deaths

    def _silent(self, _slot: Slot, worker: Worker) -> None:
        """Kill a worker that gives no sign of life: it hears no other signal. Its death is dealt with as any other."""
        if worker.state is not State.DEAD:
            self.timeouts += 1
            logger.error(
                "worker {} has been silent for {}; process {} is killed", worker.number, worker.silence, worker.pid
            )
            worker.kill("it was silent")

    def _overdue(self, _slot: Slot, worker: Worker) -> None:
        """Kill a worker that was told to end, and has not."""
        if worker.state is not State.DEAD and not worker.killed:
            logger.error(
                "worker {} has not ended in time; process {} is killed, with calls up: {}",
                worker.number,
                worker.pid,
                worker.tally.up,
            )
            worker.kill("it had not ended in time")

    def _died(self, slot: Slot, worker: Worker) -> None:
        worker.buried = True
        if worker.final:
            self.lost.hear(worker.final.get("metrics", []))
        else:
            self.lost.cut_short(worker.seen_metrics, worker.tally, served=worker.ready_at is not None)
        heirs = [each for each in self.living if each.state is State.SERVING]
        for heir in heirs:
            heir.tell_of_death()
        self.outcome.died(worker, adopted=not self.stopping, alone=not heirs)
        if worker is slot.successor:
            self._successor_died(slot, worker)
        elif worker is slot.worker:
            slot.worker = None
            if self.stopping:
                self.outcome.ended(worker, at_once=self._stops > 1)
            elif slot.successor is not None and worker.asked:
                self._succeed(slot)
            else:
                self._restart(slot, worker)

    def _restart(self, slot: Slot, worker: Worker) -> None:
        """Start a worker again that has died by itself, after a while; or give up."""
        now = clock.monotonic()
        slot.problem = f"ended with {worker.end}"
        self._tell_loaded(worker)
        if self._patient and worker.exit_code is not None and worker.exit_code >= 0:
            self._wait_for_a_change(slot)
            return
        if worker.exit_code in _HOPELESS and not self._was_ready:
            self._give_up(ExitCode(worker.exit_code))
            return
        if self._rolling and self._rolling[0] is slot:
            self._end_roll(slot, worker)
        if not self._window.allows(now) and not any(each.serving for each in self.slots):
            logger.error(
                "{} workers died within {:g} s, the last with {}, and none serves calls: giving up; what they logged "
                "before says more",
                self._window.count,
                self._policy.intensity.period,
                worker.end,
            )
            if self._patient:
                self._wait_for_a_change(slot)
            else:
                self._give_up(ExitCode.FAILED)
            return
        self._start_later(slot, now)

    def _wait_for_a_change(self, slot: Slot) -> None:
        self._rolling = []
        logger.error("worker {} {}; waiting for a change", slot.number, slot.problem)

    def _start_later(self, slot: Slot, now: float) -> None:
        delay = slot.restarts.failed(now, random_number())
        slot.due = now + delay
        slot.timer.call_after(delay, self._events.put, (self._start_due, (slot,)))
        logger.error("worker {} {}; starting it again in {:.1f} s", slot.number, slot.problem, delay)

    def _start_due(self, slot: Slot) -> None:
        if slot.due is not None and slot.worker is None and not self.stopping:
            self._launch(slot)

    def _give_up(self, code: ExitCode) -> None:
        self.outcome.settle(code)
        self._stops = max(self._stops, 1)
        self._stop_all()

    # Replacing

    def _roll(self, why: str) -> None:
        if self.stopping:
            return
        if not self.living and all(slot.due is None for slot in self.slots):
            self._was_loaded = False
            self._launch(self.slots[0])
            return
        if self._rolling:
            self._roll_again = True
            return
        logger.info("{}: replacing the workers one by one", why)
        self._rolling = list(self.slots)
        self._roll_all = True
        self._roll_next()

    def _replace(self, slot: Slot, why: str) -> None:
        if self.stopping or slot.worker is None or slot in self._rolling:
            return
        logger.info("worker {} {}: replacing it", slot.number, why)
        self._rolling.append(slot)
        if len(self._rolling) == 1:
            self._roll_next()

    def _roll_next(self) -> None:
        if not self._rolling:
            if self._roll_all:
                logger.info("every worker was replaced")
            self._roll_all = False
            if self._roll_again:
                self._roll_again = False
                self._roll("another change")
            return
        slot = self._rolling[0]
        if slot.worker is None:
            self._launch(slot)  # nobody to replace: it starts now instead of when it was due
        else:
            slot.successor = self._spawn(slot)

    def _retire(self, slot: Slot) -> None:
        """Let the predecessor go, since its replacement is loaded."""
        if slot.worker is None:
            self._succeed(slot)
        elif not slot.worker.asked:
            self._end(slot.worker)
            if self._at_once:
                self._end(slot.worker)  # asked a second time, it ends at once

    def _succeed(self, slot: Slot) -> None:
        slot.cancel()
        slot.worker, slot.successor = slot.successor, None
        assert slot.worker is not None
        slot.worker.let_serve()

    def _successor_died(self, slot: Slot, worker: Worker) -> None:
        slot.successor = None
        if self.stopping:
            if not worker.loaded:
                self.outcome.ended_loading(worker)
            return
        self._tell_loaded(worker)
        if slot.worker is None:
            self._start_later(slot, clock.monotonic())
        self._end_roll(slot, worker)

    def _end_roll(self, slot: Slot, worker: Worker) -> None:
        """Replace no more: the replacement of one worker has failed."""
        again, self._rolling = self._roll_again, []
        self._roll_again = self._roll_all = False
        logger.error(
            "the replacement of worker {} ended with {}; the others go on as they are",
            slot.number,
            worker.end,
        )
        if again:
            self._roll("another change")

    # Stopping

    def _stop(self, name: str) -> None:
        self._stops += 1
        if self._stops == 1:
            self.on_stop(name)
            logger.info("{}: letting live calls end in {} workers; again to end at once", name, len(self.living))
        elif self._stops == 2:
            logger.warning("{} again: ending at once", name)
            self.outcome.settle(ExitCode.AT_ONCE)
        if self._stops > 2:
            for worker in self.living:
                worker.kill("of the third signal")
        else:
            self._stop_all()

    def _stop_all(self) -> None:
        self._rolling = []
        for slot in self.slots:
            slot.cancel()
        for worker in self.living:
            if worker.asked < self._stops:
                self._end(worker)

    def _end(self, worker: Worker) -> None:
        worker.stop(float(worker.facts.get("drain_timeout", self._drain_timeout)))
