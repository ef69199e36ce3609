"""An actor that has a greenlet only while it has something to do, and runs user code one piece at a time.

Its mailbox is handled in *turns*. A turn first applies every message (`GreenletActor.on_receive`, which must not
block), then, unless user code is running already, becomes the actor's *worker* and runs the queued jobs: the main
program, hooks and callbacks, each to its end before the next begins. User code that waits calls `wait_until`, which
pumps the mailbox of its own actor (a selective receive); while the main program waits, queued hooks run in between, on
the same greenlet. User code that blocks elsewhere (`gevent.sleep`, a database) does not hold up the messages: they are
applied by further turns, and only the jobs wait.

So state is never stale, waits from other greenlets are always served, and user code never runs twice at the same time.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Any, ClassVar

import gevent
from gevent import getcurrent
from gevent.hub import get_hub

from relay_actors.future import GreenletFuture
from relay_actors.greenlet import GreenletActor, forward_interrupt, log_crash

__all__ = ["TurnActor", "running_actor"]

Job = tuple[Callable[..., object], tuple[Any, ...], bool]


def running_actor() -> TurnActor | None:
    """Return the actor whose turn the current greenlet is, or None. A log line of its code can be given its id so."""
    actor: TurnActor | None = getattr(getcurrent(), "relay_actor", None)
    return actor


class TurnActor(GreenletActor):
    """An actor whose greenlet exists only during its turns."""

    REGISTERED: ClassVar[bool] = False

    _worker: Any = None
    _jobs: deque[Job] | None = None
    _hosting = False
    _parked = False

    def _start_actor_loop(self) -> None:
        if self._jobs:
            self._begin_turn()
        else:
            self.mailbox.when_ready(self._begin_turn)

    def _begin_turn(self) -> None:
        gevent.spawn_raw(self._turn)

    def _turn(self) -> None:
        """Apply the mail and run the jobs; the whole life of one greenlet of this actor."""
        current: Any = getcurrent()
        current.relay_actor = self  # read by running_actor
        try:
            if self._parked:
                # The mail that this turn was for came before the worker parked: it is the worker's to apply.
                self.mailbox.wake()
                return
            self._drain()
            if self._worker is None and not self.actor_stopped.is_set():
                self._work(current)
        except BaseException as error:  # noqa: BLE001 - law 4: nothing leaves this actor
            self._terminate(error)
            forward_interrupt(error)

    def _drain(self) -> None:
        """Apply all mail, then have the next mail begin a turn."""
        mailbox = self.mailbox
        while not mailbox.empty():
            self._handle(mailbox.pop())
        if not self.actor_stopped.is_set():
            mailbox.when_ready(self._begin_turn)

    def _work(self, current: Any) -> None:
        """Run jobs until there are none, and `on_idle` has none either."""
        while not self.actor_stopped.is_set():
            self._worker = current
            try:
                while self._jobs and not self.actor_stopped.is_set():
                    self._run_job(*self._jobs.popleft())
            finally:
                self._worker = None
            if not self.actor_stopped.is_set():
                self.on_idle()
            if not self._jobs:
                return

    def _run_job(self, function: Callable[..., object], args: tuple[Any, ...], hosting: bool) -> None:  # noqa: FBT001
        before, self._hosting = self._hosting, hosting
        remedy = None
        try:
            function(*args)
        except BaseException as error:  # noqa: BLE001 - law 4: a crash of user code ends at its actor's edge
            if not self.actor_stopped.is_set():
                remedy = self.on_crash(error)
            elif not isinstance(error, gevent.GreenletExit):
                log_crash(error, "code of {} crashed after its end", self)
            forward_interrupt(error)
        finally:
            self._hosting = before
        if remedy is not None:
            self._run_job(remedy, (), False)

    def enqueue(self, function: Callable[..., object], *args: Any, hosting: bool = False) -> None:
        """Run user code later, after what is queued already. Never blocks.

        Args:
            function: what to run; it may block, and ends before the next job begins.
            args: its arguments.
            hosting: whether other jobs may run while this one waits in `wait_until`.
        """
        if self._jobs is None:
            self._jobs = deque()
        self._jobs.append((function, args, hosting))

    @property
    def inside(self) -> bool:
        """Whether the current greenlet is the one that runs this actor's user code."""
        return self._worker is not None and self._worker is getcurrent()

    def wait_until(self, done: Callable[[], bool], timeout: float | None) -> bool:
        """Wait in the actor's own user code until ``done()`` is true; return False after ``timeout`` seconds.

        Pumps the actor's mailbox meanwhile, and runs queued hooks when the main program waits. ``done`` is asked after
        each message; what changes it from elsewhere must call ``self.mailbox.wake``.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while not done():
            if self.actor_stopped.is_set():
                raise gevent.GreenletExit(f"{self} is dead: nothing more can reach its code")
            remaining = None if deadline is None else deadline - time.monotonic()
            if remaining is not None and remaining <= 0:
                return False
            if self._hosting and self._jobs:
                self._run_job(*self._jobs.popleft())
            else:
                self._park(remaining)
        return True

    def _park(self, timeout: float | None) -> None:
        """Park the worker until there is mail, or a wake-up, or the time is over; apply the mail."""
        self._parked = True
        try:
            self.mailbox.park(timeout)
        except BaseException:
            self.mailbox.when_ready(self._begin_turn)
            raise
        finally:
            self._parked = False
        try:
            self._drain()
        except BaseException as error:  # noqa: BLE001 - a handler that fails ends the actor, whoever called it
            self._terminate(error)
            forward_interrupt(error)

    def wait_for_future(self, future: GreenletFuture[Any], timeout: float | None) -> bool:
        """Wait for a future from any greenlet; return False when ``timeout`` seconds passed first."""
        if not self.inside:
            return future.wait(timeout)
        wake = self.mailbox.wake
        future.add_done_callback(wake)
        try:
            return self.wait_until(future.done, timeout)
        finally:
            future.remove_done_callback(wake)

    def _actor_loop_teardown(self) -> None:
        super()._actor_loop_teardown()
        self.mailbox.wake()  # a worker that is parked finds out

    def interrupt_code(self, error: BaseException) -> bool:
        """Raise ``error`` in the user code that runs, wherever it stands; return whether any does. Never blocks."""
        worker = self._worker
        if worker is None:
            return False
        get_hub().loop.run_callback(self._throw, worker, error)
        return True

    def _throw(self, worker: Any, error: BaseException) -> None:
        """Raise an error in a greenlet, unless it has left this actor's code meanwhile. Called by the hub."""
        if self._worker is worker:
            worker.throw(error)

    def _kill(self) -> None:
        worker = self._worker
        super()._kill()
        if worker is not None:
            gevent.kill(worker)

    def on_idle(self) -> None:
        """Do something when no job is left, such as to queue a last one; must not block."""

    def on_crash(self, error: BaseException) -> Callable[[], object] | None:
        """Do something about an exception that left a job; must not block.

        Returns:
            What is to be run in the place of the job, before anything else; it may block. Or None.
        """
