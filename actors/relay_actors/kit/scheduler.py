"""Gives actors their turns: one greenlet a hub applies the mail of all that have no loop of their own.

Such an actor (`relay_actors.kit.turns`) is put here when mail has come for it. Its turn applies the mail, which never
blocks; user code that is to run then gets a greenlet of its own, a *worker*. Both are cheap so: many turns need one
switch of greenlets, and a worker that has nothing left to do serves the next actor. Making a greenlet costs about as
much as four turns, since the interpreter maps pages for its stack.

A worker is passed on only if nobody holds on to it: a `gevent.Timeout` that was not closed, a kill under way or a
greenlet-local value would reach another actor's code (law 4). So its references are counted; one that has any besides
those it began with, is left to die. What every greenlet has from its first line is no such thing: a tracer such as
coverage's keeps a weak reference to each that it sees.

A handler that blocks in spite of the rule holds up its own actor alone: another greenlet goes on with the turns.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from sys import getrefcount
from typing import Any, Final, Protocol
from weakref import getweakrefcount

import gevent
from gevent._hub_local import get_hub_if_exists
from gevent.hub import get_hub
from greenlet import getcurrent

from relay_actors.kit import fork
from relay_actors.kit.actor import forward_interrupt
from relay_actors.kit.crash_log import log_crash
from relay_actors.kit.fork import HeldGreenlet, resume

__all__ = ["FORKED", "OTHER_THREAD", "Scheduled", "Scheduler"]

_TURNS_IN_A_ROW: Final = 100
"""Turns between two chances for everything else that the hub has to do."""

_WORKERS_KEPT: Final = 200
"""Greenlets that may wait for work: each keeps about 6 KB."""


OTHER_THREAD: Final = (
    "this belongs to the thread that connected the client, and was used in another: use greenlets in the place of "
    "threads, and Call.offload for what blocks; RelayClient.tell, drain and disconnect may be called in any thread; "
    "relay_runtime.aio is the client for asyncio"
)

FORKED: Final = (
    "this belongs to the process that connected the client, and this process was forked from it: connection and calls "
    "are the parent's, and go on there; make a client of your own after the fork and connect it, in post_fork "
    "of gunicorn, say"
)


class Employer(Protocol):
    """Who has user code to be run; the method may not raise."""

    def _work(self) -> None:
        """Run user code in the current greenlet, a worker."""


class Scheduled(Employer, Protocol):
    """An actor as the scheduler sees it; neither method may raise."""

    def _take_turn(self) -> None:
        """Apply the mail. Must not block."""


class _Errand:
    """Code that belongs to no actor, as a worker runs it."""

    __slots__ = ("_args", "_function")

    def __init__(self, function: Callable[..., object], args: tuple[Any, ...]) -> None:
        self._function = function
        self._args = args

    def _work(self) -> None:
        try:
            self._function(*self._args)
        except BaseException as error:  # noqa: BLE001 - law 4: nothing leaves a worker
            fork.came_back(error)
            if not isinstance(error, gevent.GreenletExit):
                log_crash(error, "code that was run aside crashed")
            forward_interrupt(error)


class _Worker(HeldGreenlet):
    """A greenlet that knows whose code it runs: in a slot, since a dict takes 250 bytes of each parked one."""

    __slots__ = ("relay_actor",)

    relay_actor: Any


class Scheduler:
    """The turns of one hub's actors, and the workers of their user code.

    Attributes:
        hub: the hub: what belongs to its thread asks `refuse_elsewhere`.
        epoch: the process that it is in.
        run_callback: has the hub call something soon.
        working: how many workers run user code now.
    """

    def __init__(self, hub: Any) -> None:
        self.hub = hub
        self.epoch = fork.epoch()
        self.run_callback: Callable[..., Any] = hub.loop.run_callback
        self._ready: deque[Scheduled] = deque()
        self._greenlet: Any = None  # gives the turns; None: the next mail makes one
        self._parked = False
        self._acting = False  # a turn is under way
        self._idle: list[Any] = []
        self.working = 0
        self._serve_on = self._serve  # one for all workers, each of which keeps it
        self._references = self._weak_references = 0
        self.run_callback(resume, self._made(self._count_references))

    @classmethod
    def current(cls) -> Scheduler:
        """Return the scheduler of the current thread's hub."""
        hub: Any = get_hub()
        scheduler: Scheduler | None = getattr(hub, "relay_scheduler", None)
        if scheduler is None:
            hub.relay_scheduler = scheduler = cls(hub)
        return scheduler

    @property
    def is_here(self) -> bool:
        """Whether this is the thread of the hub, and the process that it was made in."""
        return get_hub_if_exists() is self.hub and not self.epoch.over

    def refuse_elsewhere(self) -> None:
        """Refuse who uses what belongs to this hub in another thread, where nothing would wake him, or in a child.

        Raises:
            RuntimeError: the message says what to do.
        """
        if not self.is_here:
            raise RuntimeError(FORKED if self.epoch.over else OTHER_THREAD)

    def leave(self) -> None:
        """Give no more turns and employ nobody: this is a child."""
        self._greenlet, self._parked = None, False
        self.run_callback = _ignore

    def _made(self, run: Callable[..., object]) -> Any:
        worker = _Worker(run, self.hub)
        worker.epoch = self.epoch
        return worker

    # Turns

    def schedule(self, actor: Scheduled) -> None:
        """Give an actor a turn. Never blocks; not more than once between two turns of an actor."""
        self._ready.append(actor)
        if self._parked:
            self._parked = False
            self.run_callback(resume, self._greenlet)
        elif self._greenlet is None or (self._acting and getcurrent() is not self._greenlet):
            self._start()

    def _start(self) -> None:
        """Have a new greenlet give the turns; one that is blocked inside a turn ends with it."""
        self._acting = False
        self._greenlet = self._made(self._give_turns)
        self.run_callback(resume, self._greenlet)

    def _watch(self) -> None:
        """Look whether a turn has let others run before it was over: it blocks, and those behind it must not wait."""
        if self._acting and self._ready:
            self._start()

    def _give_turns(self) -> None:
        current: Any = getcurrent()
        while self._greenlet is current:
            try:
                self._round(current)
            except gevent.GreenletExit:
                if self._greenlet is current:
                    self._greenlet, self._parked = None, False
                return
            except BaseException as error:  # noqa: BLE001 - such as a timeout that a handler began and did not close
                log_crash(error, "something was raised between two turns")
        fork.came_back()

    def _round(self, current: Any) -> None:
        """Give those who are ready their turns, then let everything else run."""
        ready = self._ready
        actor: Scheduled | None
        turns = _TURNS_IN_A_ROW
        self.run_callback(self._watch)
        while ready and turns:
            turns -= 1
            current.relay_actor = actor = ready.popleft()
            self._acting = True
            actor._take_turn()
            if self._greenlet is not current:
                return
            self._acting = False
        current.relay_actor = actor = None  # a greenlet that waits keeps no actor that has stopped
        if ready:
            self.run_callback(resume, current)
        else:
            self._parked = True
        self.hub.switch()

    # Workers

    def employ(self, employer: Employer) -> Any:
        """Have a worker run the user code of an actor, or another's, soon, and return the worker. Never blocks."""
        worker: Any = self._idle.pop() if self._idle else self._made(self._serve_on)
        worker.relay_actor = employer
        self.run_callback(resume, worker)
        return worker

    def run(self, function: Callable[..., object], *args: Any) -> None:
        """Have a worker run ``function(*args)`` soon: code that belongs to no actor. Never blocks."""
        self.employ(_Errand(function, args))

    def dismiss(self) -> None:
        """Have the workers that wait for work end soon; the next code gets new ones. Never blocks."""
        idle, self._idle = self._idle, []
        for worker in idle:
            self.run_callback(worker.throw)  # its frame refers to it: let go, it would stay for ever

    def _serve(self) -> None:
        current: Any = getcurrent()
        while True:
            self.working += 1
            try:
                current.relay_actor._work()
            finally:
                self.working -= 1
            fork.came_back()
            current.relay_actor = None
            if len(self._idle) >= _WORKERS_KEPT or not self._is_unknown(current):
                return
            self._idle.append(current)
            try:
                self.hub.switch()
            except BaseException:
                if current in self._idle:
                    self._idle.remove(current)
                raise

    def _is_unknown(self, current: Any) -> bool:
        """Whether nobody but this module could reach a worker; forgets the values of its context variables."""
        current.gr_context = None
        if getrefcount(current) > self._references or getweakrefcount(current) > self._weak_references:
            return False
        return not current.__dict__

    def _count_references(self) -> None:
        """Find out how many references a running worker has that nobody knows: as `_is_unknown` counts them."""
        current: Any = getcurrent()
        self._references = self._counted(current)
        self._weak_references = getweakrefcount(current)

    @staticmethod
    def _counted(current: Any) -> int:
        return getrefcount(current)


def _ignore(*_: object) -> None:
    """Have the hub call nothing."""


def _leave() -> None:
    """Have the hub of this thread begin anew in a child."""
    hub: Any = get_hub_if_exists()
    scheduler: Scheduler | None = getattr(hub, "relay_scheduler", None)
    if scheduler is not None:
        scheduler.leave()
        del hub.relay_scheduler
        fork.keep(scheduler)


fork.in_child(_leave)
