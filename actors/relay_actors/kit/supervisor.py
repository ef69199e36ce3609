"""Supervision as in OTP: a supervisor starts its children in order, starts again what ended, and gives up in time.

============== ==========================================================================================
strategy       when one child ends
============== ==========================================================================================
one_for_one    that child is started again
one_for_all    all children are ended and started again
rest_for_one   that child, and those that were started after it, are ended and started again
============== ==========================================================================================

============== ==========================================================================================
restart        a child is started again
============== ==========================================================================================
permanent      whatever ended it
transient      when an error ended it; an orderly stop is left alone
temporary      never
============== ==========================================================================================

A child is started again at once, or, with a `Backoff`, after its delay. More restarts than the `Intensity` allows end
the supervisor with `RestartIntensityReached`, its children first: whoever monitors it decides what follows. A death is
noticed by `GreenletRef.monitor`, whatever its cause: an exception, a stop, a kill, of an idle actor too.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Protocol

import msgspec

from relay_actors.kit import clock
from relay_actors.kit.actor import Down
from relay_actors.kit.chance import random_number
from relay_actors.kit.child import ActorStatus, BackoffReset, Child, ChildSpec, Restart, RestartDue
from relay_actors.kit.crash_log import log_crash
from relay_actors.kit.guard import OnlookerGuard
from relay_actors.kit.log import logger
from relay_actors.kit.restarts import Intensity, RestartWindow
from relay_actors.kit.server import ServerActor

__all__ = ["Change", "Inspect", "Observer", "RestartIntensityReached", "Strategy", "Supervisor"]


class Strategy(StrEnum):
    """What happens to the siblings of a child that ended."""

    ONE_FOR_ONE = "one_for_one"
    ONE_FOR_ALL = "one_for_all"
    REST_FOR_ONE = "rest_for_one"


class Inspect(msgspec.Struct, frozen=True):
    """Ask a supervisor for the `ActorStatus` of each of its children."""


class RestartIntensityReached(Exception):
    """A supervisor gives up: its children ended too often."""


class Change(msgspec.Struct, frozen=True):
    """What observers of a supervisor are told.

    Attributes:
        supervisor: the supervisor's name.
        child: the child's name, or an empty string when it is about the supervisor itself.
        state: ``running``, ``waiting``, ``stopped`` or ``failed``; for a connection a `ConnectionState`.
        detail: why, for people; may be empty.
        restarts: failures since the last healthy life.
        error: what ended the work for good, for ``failed``.
    """

    supervisor: str
    child: str
    state: str
    detail: str = ""
    restarts: int = 0
    error: BaseException | None = None


class Observer(Protocol):
    """Is told of each change of a supervisor's children, in the supervisor's greenlet; must not block."""

    def __call__(self, change: Change, /) -> object:
        """Take a change."""


class Supervisor(ServerActor):
    """Starts its children in order, starts again what ended, and ends them in reverse.

    Args:
        name: its name in the tree.
        children: what to start.
        strategy: what happens to siblings.
        intensity: when to give up; None never does.
        observer: told of each change; an error of its own is logged and changes nothing.
        chance: a random source for the jitter, numbers in [0, 1).
    """

    def __init__(
        self,
        name: str,
        children: tuple[ChildSpec, ...],
        *,
        strategy: Strategy = Strategy.ONE_FOR_ONE,
        intensity: Intensity | None = Intensity(),  # noqa: B008 - immutable
        observer: Observer | None = None,
        chance: Callable[[], float] = random_number,
    ) -> None:
        super().__init__()
        names = [spec.name for spec in children]
        if len(set(names)) != len(names):
            raise ValueError(f"the children of {name} are {', '.join(names)}; accepted are names that differ")
        if intensity is None and any(spec.backoff is None for spec in children):
            raise ValueError(f"{name} has no restart intensity, so that each child needs a backoff")
        self.name = name
        self._strategy = strategy
        self._window = RestartWindow(intensity)
        self._children = {spec.name: Child(spec) for spec in children}
        self._observer = observer
        self._guarded = OnlookerGuard(f"an observer of {name}")
        self._chance = chance
        self.handles(
            {
                Down: self._down,
                RestartDue: self._start_when_due,
                BackoffReset: self._reset,
                Inspect: self._inspect,
            }
        )

    # Life

    def on_start(self) -> None:
        """Start the eager children in order."""
        for child in self._children.values():
            if child.spec.eager:
                self.start_child(child.spec.name)

    def on_stop(self) -> None:
        """End the children in reverse order. Blocks for their ``shutdown`` seconds at most."""
        self._end_all()

    def on_failure(self, *args: Any) -> None:
        """End the children: nobody would watch them."""
        if not isinstance(args[1], RestartIntensityReached):
            log_crash(args[1], "the supervisor {} failed", self.name)
        self.tell("", "failed", _describe(args[1]), args[1])
        self._end_all()

    def _end_all(self) -> None:
        for child in reversed(self._children.values()):
            child.end()

    def _start_when_due(self, message: RestartDue) -> None:
        child = self._children[message.name]
        if child.due is not None and child.restarts.total == message.total:
            self.start_child(message.name)

    def _reset(self, message: BackoffReset) -> None:
        self._children[message.name].restarts.reset(message.count)

    def _inspect(self, _message: Inspect) -> tuple[ActorStatus, ...]:
        return tuple(child.status(self.name) for child in self._children.values())

    # Children

    def child(self, name: str) -> Child:
        """Return a child by its name."""
        return self._children[name]

    def start_child(self, name: str) -> None:
        """Start a child that does not run (OTP: ``restart_child``); does nothing when it does. Never blocks."""
        child = self._children[name]
        if child.ref is not None:
            return
        self.child_starts(child)
        try:
            child.begin(self.ref)
        except Exception as error:  # noqa: BLE001 - a start that fails is an end like any other
            log_crash(error, "{}/{} could not be started", self.name, name)
            self._ended(child, error)
            return
        self.child_started(child)

    def child_starts(self, child: Child) -> None:
        """Do something before a child is started: nothing, unless overridden."""

    def child_started(self, child: Child) -> None:
        """Do something when a child was started: it counts as healthy from now on, unless overridden."""
        child.healthy(self.ref)
        self.tell(child.spec.name, "running")

    def terminate_child(self, name: str) -> None:
        """End a child and do not start it again (OTP). Blocks for its ``shutdown`` seconds at most."""
        self._children[name].end()
        self.tell(name, "stopped")

    def _down(self, message: Down) -> None:
        for child in self._children.values():
            if child.ref is not None and child.ref.actor_urn == message.actor_urn:
                child.ref = None
                child.cancel_timers()
                self._ended(child, message.reason)
                return

    def _ended(self, child: Child, reason: BaseException | None) -> None:
        """Decide what follows the end of a child."""
        child.error = "" if reason is None else _describe(reason)
        if not self.starts_again(child, reason):
            self.tell(child.spec.name, "stopped", child.error)
            return
        now = clock.monotonic()
        if not self._window.allows(now):
            raise RestartIntensityReached(
                f"the children of {self.name} ended too often; the last was {child.spec.name}: {child.error}"
            )
        delay = child.restarts.failed(now, self._chance(), urgent=self.is_urgent(child))
        self.child_waits(child, delay)
        concerned = self._concerned(child)
        for other in reversed(concerned):
            other.end()
        for each in concerned:
            if delay > 0:
                each.wait(delay, self.ref)
            else:
                self.start_child(each.spec.name)

    def starts_again(self, child: Child, reason: BaseException | None) -> bool:
        """Return whether a child that ended is started again; a subclass may decide otherwise (Akka: decider)."""
        match child.spec.restart:
            case Restart.PERMANENT:
                return True
            case Restart.TRANSIENT:
                return reason is not None
        return False

    def is_urgent(self, child: Child) -> bool:  # noqa: ARG002 - for who overrides it
        """Return whether the next start of a child that ended is urgent, see `Backoff`: no, unless overridden."""
        return False

    def child_waits(self, child: Child, delay: float) -> None:
        """Do something when a child ended and is started again after ``delay`` seconds: log it, unless overridden."""
        logger.warning("{}/{} ended and is started again: {}", self.name, child.spec.name, child.error or "stopped")
        self.tell(child.spec.name, "waiting", f"{child.error or 'stopped'}; next start in {delay:.2f} s")

    def _concerned(self, child: Child) -> list[Child]:
        """Return the children that are started again with one that ended, in the order of their start."""
        children = list(self._children.values())
        match self._strategy:
            case Strategy.ONE_FOR_ALL:
                wanted = children
            case Strategy.REST_FOR_ONE:
                wanted = children[children.index(child) :]
            case _:
                wanted = [child]
        return [each for each in wanted if each is child or each.ref is not None or each.due is not None]

    def tell(self, child: str, state: str, detail: str = "", error: BaseException | None = None) -> None:
        """Tell the observer of a change."""
        if self._observer is None:
            return
        count = self._children[child].restarts.count if child else 0
        self._guarded(self._observer, Change(self.name, child, state, detail, count, error))


def _describe(reason: BaseException) -> str:
    """Return an error in one line for people."""
    return str(reason) or type(reason).__name__
