"""Starts, watches and ends one child of a supervisor, and remembers what became of it."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import msgspec
import pykka

from relay_actors.kit import clock
from relay_actors.kit.actor import GreenletRef
from relay_actors.kit.log import logger
from relay_actors.kit.restarts import Backoff, Restarts
from relay_actors.kit.timer import Timer

__all__ = ["ActorStatus", "BackoffReset", "Child", "ChildSpec", "Restart", "RestartDue"]


class Restart(StrEnum):
    """Whether a child that ended is started again."""

    PERMANENT = "permanent"
    TRANSIENT = "transient"
    TEMPORARY = "temporary"


class ChildSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What a supervisor knows of a child.

    Attributes:
        name: its name among its siblings.
        start: makes and starts the actor and returns its reference; must not block.
        restart: whether it is started again.
        backoff: how its restarts are spread; None starts it again at once.
        shutdown: seconds that it gets to stop in order before it is killed.
        eager: whether it is started with its supervisor; otherwise by `Supervisor.start_child`.
    """

    name: str
    start: Callable[[], GreenletRef]
    restart: Restart = Restart.PERMANENT
    backoff: Backoff | None = None
    shutdown: float = 1.0
    eager: bool = True


class ActorStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One actor of the tree.

    Attributes:
        name: its name in the tree, such as ``client/connection``.
        kind: the name of its class.
        state: ``running``, ``waiting`` (its next start is due in ``next_try_in``), ``stopped``, or ``unresponsive``
            when it did not answer in time.
        mailbox: how many messages wait in its mailbox.
        restarts: how often it was started again since it was last healthy for long enough.
        restarts_total: how often it was started again in all.
        next_try_in: seconds until its next start, or None when none is due.
        last_error: what ended it the last time, or an empty string.
    """

    name: str
    kind: str
    state: str
    mailbox: int = 0
    restarts: int = 0
    restarts_total: int = 0
    next_try_in: float | None = None
    last_error: str = ""


class RestartDue(msgspec.Struct, frozen=True):
    """The delay before a child's next start is over; ``total`` names the failures it was made after."""

    name: str
    total: int


class BackoffReset(msgspec.Struct, frozen=True):
    """A child has lived healthily for long enough; ``count`` names the failures that were seen."""

    name: str
    count: int


class Child:
    """One child and its restarts; belongs to its supervisor alone."""

    __slots__ = ("_next", "_reset", "due", "error", "ref", "restarts", "spec")

    def __init__(self, spec: ChildSpec) -> None:
        self.spec = spec
        self.ref: GreenletRef | None = None
        self.restarts = Restarts(spec.backoff)
        self.due: float | None = None
        self.error = ""
        self._next = Timer()
        self._reset = Timer()

    @property
    def state(self) -> str:
        """``running``, ``waiting`` or ``stopped``."""
        if self.ref is not None:
            return "running"
        return "stopped" if self.due is None else "waiting"

    def begin(self, supervisor: GreenletRef) -> None:
        """Start the actor and watch it."""
        self.cancel_timers()
        self.ref = self.spec.start()
        self.ref.monitor(supervisor)

    def healthy(self, supervisor: GreenletRef) -> None:
        """Note that it does its work; its count is reset after a while."""
        after = self.restarts.up(clock.monotonic())
        if after is not None:
            self._reset.send_after(after, supervisor, BackoffReset(self.spec.name, self.restarts.count))

    def wait(self, delay: float, supervisor: GreenletRef) -> None:
        """Have a `RestartDue` come after ``delay`` seconds."""
        self.due = clock.monotonic() + delay
        self._next.send_after(delay, supervisor, RestartDue(self.spec.name, self.restarts.total))

    def cancel_timers(self) -> None:
        """Have neither the next start nor the reset of the count come."""
        self._next.cancel()
        self._reset.cancel()
        self.due = None

    def end(self) -> None:
        """End the actor: in order if it does so in time, else by force. Blocks ``spec.shutdown`` seconds at most."""
        self.cancel_timers()
        ref, self.ref = self.ref, None
        if ref is None:
            return
        try:
            ref.stop(block=False)
        except pykka.ActorDeadError:
            return
        if not ref.join(self.spec.shutdown):
            logger.warning("{} did not stop within {:g} s and is killed", self.spec.name, self.spec.shutdown)
            ref.kill()

    def status(self, parent: str) -> ActorStatus:
        """Return what there is to know of it."""
        ref = self.ref
        return ActorStatus(
            name=f"{parent}/{self.spec.name}",
            kind="-" if ref is None else ref.actor_class.__name__,
            state=self.state,
            mailbox=0 if ref is None else len(ref.mailbox),
            restarts=self.restarts.count,
            restarts_total=self.restarts.total,
            next_try_in=None if self.due is None else max(0.0, self.due - clock.monotonic()),
            last_error=self.error,
        )
