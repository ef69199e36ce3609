"""An actor that has a greenlet only while it has user code to run, and runs that one piece at a time.

Its mailbox is handled in *turns*, which the `Scheduler` gives. A turn applies every message
(`GreenletActor.on_receive`, which must not block), then, if there are jobs and no user code is running already, the
actor gets a *worker*: a greenlet that runs the queued jobs, the main program, hooks and callbacks, each to its end
before the next begins. User code that waits calls `wait_until`, which parks the worker until a turn has made true what
it waits for; while the main program waits, queued hooks run in between, on the same greenlet. User code that blocks
elsewhere (`gevent.sleep`, a database) does not hold up the messages: they are applied by further turns, and only the
jobs wait.

So state is never stale, waits from other greenlets are always served, and user code never runs twice at the same time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import gevent
from greenlet import getcurrent

from relay_actors.kit import clock, fork
from relay_actors.kit.actor import GreenletActor, forward_interrupt
from relay_actors.kit.crash_log import log_crash
from relay_actors.kit.fork import resume, timers
from relay_actors.kit.future import GreenletFuture
from relay_actors.kit.mailbox import TurnMailbox
from relay_actors.kit.scheduler import Scheduler
from relay_actors.kit.user_code import refuse_result

__all__ = ["TurnActor", "running_actor"]

Job = tuple[Callable[..., object], tuple[Any, ...], bool]


def running_actor() -> Any:
    """Return whose code the current greenlet runs: an actor, a call as its user knows it, or None."""
    actor = getattr(getcurrent(), "relay_actor", None)
    return actor.face if isinstance(actor, TurnActor) else None


class TurnActor(GreenletActor):
    """An actor whose greenlet exists only while its user code runs."""

    REGISTERED: ClassVar[bool] = False

    __slots__ = ("_awaited", "_hosting", "_jobs", "_parked", "_resuming", "_worker")

    mailbox: TurnMailbox

    def __init__(self) -> None:
        super().__init__()
        self.mailbox.scheduler = Scheduler.current()
        self._worker: Any = None
        self._jobs: list[Job] | None = None
        self._hosting = False  # whether jobs may run while the one that runs waits
        self._parked = False
        self._awaited: Callable[[], bool] | None = None  # what a parked worker waits for, unless that wakes it itself
        self._resuming: Any = None  # the callback that is to resume the parked worker

    @staticmethod
    def _create_actor_inbox() -> Any:
        return TurnMailbox()

    def _start_actor_loop(self) -> None:
        if self._jobs:
            self._worker = self.mailbox.scheduler.employ(self)
            self.mailbox.listen()
        else:
            self.mailbox.listen()
            self.mailbox.wake()  # it may be over already

    def _take_turn(self) -> None:
        """Apply the mail, and have the jobs run. The scheduler calls this."""
        mailbox = self.mailbox
        try:
            while mailbox.items:
                self._handle(mailbox.items.pop(0))
            mailbox.items = None
            if mailbox.closed:
                return
            mailbox.listen()
            if self._worker is not None:
                if self._parked and self._resuming is None and self._may_go_on():
                    self._wake()
                return
            if not self._jobs:
                self.on_idle()
            if self._jobs and not mailbox.closed:
                self._worker = self.mailbox.scheduler.employ(self)
        except BaseException as error:  # noqa: BLE001 - law 4: nothing leaves this actor
            self._terminate(error)
            forward_interrupt(error)

    def _may_go_on(self) -> bool:
        """Whether the parked worker has something to do."""
        if self._hosting and self._jobs:
            return True
        try:
            return self._awaited is not None and self._awaited()
        except BaseException:  # noqa: BLE001 - the worker asks again, and has it raised where the wait is
            return True

    def _work(self) -> None:
        """Run jobs until there are none, and `on_idle` has none either. The scheduler calls this in a worker."""
        try:
            while not self.mailbox.closed:
                self._worker = getcurrent()
                try:
                    while self._jobs and not self.mailbox.closed:
                        function, args, hosting = self._next_job(self._jobs)
                        self._run_job(function, args, hosting)
                finally:
                    self._worker = None
                if not self.mailbox.closed:
                    self.on_idle()
                if not self._jobs:
                    return
        except BaseException as error:  # noqa: BLE001 - law 4: nothing leaves this actor
            self._terminate(error)
            forward_interrupt(error)
        finally:
            self._worker = None
            if self.mailbox.closed:
                self.on_code_over()

    def _next_job(self, jobs: list[Job]) -> Job:
        job = jobs.pop(0)
        if not jobs:
            self._jobs = None  # most actors have none most of the time
        return job

    def _run_job(self, function: Callable[..., object], args: tuple[Any, ...], hosting: bool) -> None:  # noqa: FBT001
        before, self._hosting = self._hosting, hosting
        remedy = None
        try:
            # A call with a star enters the interpreter anew: 600 bytes of stack that a parked greenlet keeps.
            refuse_result(function(*args) if args else function(), function)
        except BaseException as error:  # noqa: BLE001 - law 4: a crash of user code ends at its actor's edge
            fork.came_back(error)
            if not self.mailbox.closed:
                remedy = self.on_crash(error)
            elif not isinstance(error, gevent.GreenletExit):
                log_crash(error, "code of {} crashed after its end", self)
            forward_interrupt(error)
        finally:
            self._hosting = before
        if remedy is not None:
            self._run_job(remedy, (), False)

    def enqueue(
        self, function: Callable[..., object], *args: Any, hosting: bool = False, at: int | None = None
    ) -> None:
        """Run user code later, after what is queued already. Never blocks.

        Args:
            function: what to run; it may block, and ends before the next job begins.
            args: its arguments.
            hosting: whether other jobs may run while this one waits in `wait_until`.
            at: before which of the pieces that are queued already; None: behind them all.
        """
        if self._jobs is None:
            self._jobs = []
        self._jobs.insert(len(self._jobs) if at is None else at, (function, args, hosting))

    @property
    def jobs_waiting(self) -> int:
        """How many pieces of user code are queued."""
        return len(self._jobs or ())

    def is_waiting(self, function: Callable[..., object]) -> bool:
        """Whether a piece of user code is queued."""
        return any(function is job[0] or function in job[1] for job in self._jobs or ())

    @property
    def worker(self) -> Any:
        """The greenlet that runs user code, or None."""
        return self._worker

    @property
    def is_open(self) -> bool:
        """Whether user code that is queued runs soon: no other runs, or one that waits and lets it in."""
        return self._worker is None or (self._parked and self._hosting)

    @property
    def inside(self) -> bool:
        """Whether the current greenlet is the one that runs this actor's user code."""
        return self._worker is not None and self._worker is getcurrent()

    def refuse_elsewhere(self) -> None:
        """Refuse whoever is in another thread than the actor's hub, or in a child of its process.

        Raises:
            RuntimeError: the message says what to do.
        """
        if self._worker is None or self._worker is not getcurrent():
            self.mailbox.scheduler.refuse_elsewhere()

    def wait_until(self, done: Callable[[], bool], timeout: float | None) -> bool:
        """Wait in the actor's own user code until ``done()`` is true; return False after ``timeout`` seconds.

        The actor's mail is applied meanwhile, and queued hooks run when the main program waits. ``done`` is asked
        after each turn, in whatever greenlet, and must not block; what changes it from elsewhere must call
        ``self.mailbox.wake``.
        """
        return self._wait(done, timeout, done, self._wake)

    def _wait(
        self,
        done: Callable[[], bool],
        timeout: float | None,
        awaited: Callable[[], bool] | None,
        wake: Callable[[], object],
    ) -> bool:
        deadline = None if timeout is None else clock.monotonic() + timeout
        remaining = timeout
        while not done():
            if self.mailbox.closed:
                raise gevent.GreenletExit(f"{self} is dead: nothing more can reach its code")
            if remaining is not None and remaining <= 0:
                return False
            if self._hosting and self._jobs:
                function, args, hosting = self._next_job(self._jobs)
                self._run_job(function, args, hosting)
                fork.came_back()  # or the code that waits would go on in the child
            else:
                self._park(remaining, awaited, wake)
            if deadline is not None:
                remaining = deadline - clock.monotonic()
        return True

    def _park(self, timeout: float | None, awaited: Callable[[], bool] | None, wake: Callable[[], object]) -> None:
        """Park the worker until `_wake` is called; when the time is over, that is done by ``wake``, the same thing."""
        hub = self.mailbox.scheduler.hub
        timer = None
        if timeout is not None:
            timer = hub.loop.timer(timeout)
            timer.start(wake)
            timers.add(timer)
        self._awaited = awaited
        self._parked = True
        try:
            hub.switch()
        except BaseException:
            if self._resuming is not None:
                self._resuming.stop()  # or it would resume whatever this greenlet waits for next
            raise
        finally:
            self._parked = False
            self._resuming = None
            if timer is not None:
                timer.close()
                timers.discard(timer)

    def _wake(self) -> None:
        """Resume the worker soon, if it is parked. Never blocks."""
        if self._parked and self._resuming is None:
            self._resuming = self.mailbox.scheduler.run_callback(resume, self._worker)

    def wait_for_future(self, future: GreenletFuture[Any], timeout: float | None) -> bool:
        """Wait for a future from any greenlet; return False when ``timeout`` seconds passed first."""
        if self._worker is None or self._worker is not getcurrent():
            self.mailbox.scheduler.refuse_elsewhere()
            return future.wait(timeout)
        if future.done():
            return True
        wake = self._wake  # one for the future and for the timer: an actor that waits keeps it
        future.add_done_callback(wake)
        try:
            if self._jobs is None and not self.mailbox.closed and (timeout is None or timeout > 0):
                # The usual case, without all that might happen meanwhile: one park, and the result is there.
                deadline = None if timeout is None else clock.monotonic() + timeout
                self._park(timeout, None, wake)
                if future.done():
                    return True
                if deadline is not None:
                    timeout = deadline - clock.monotonic()
            if self._wait(future.done, timeout, None, wake):
                return True
        except BaseException:
            future.remove_done_callback(wake)
            raise
        future.remove_done_callback(wake)
        return False

    def _actor_loop_teardown(self) -> None:
        super()._actor_loop_teardown()
        self._wake()  # a worker that is parked finds out

    def interrupt_code(self, error: BaseException) -> bool:
        """Raise ``error`` in the user code that runs, wherever it stands; return whether any does. Never blocks."""
        worker = self._worker
        if worker is None:
            return False
        self.mailbox.scheduler.run_callback(self._throw, worker, error)
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

    def on_code_over(self) -> None:
        """Do something when the actor has stopped and no code of it runs any more; must not block."""

    def on_crash(self, error: BaseException) -> Callable[[], object] | None:
        """Do something about an exception that left a job; must not block.

        Returns:
            What is to be run in the place of the job, before anything else; it may block. Or None.
        """


def _leave() -> None:
    """Have the code that has forked be nobody's in the child: its actor goes on in the parent."""
    actor = getattr(getcurrent(), "relay_actor", None)
    if isinstance(actor, TurnActor):
        actor.mailbox.closed = True
        actor._worker = None


fork.in_child(_leave)
