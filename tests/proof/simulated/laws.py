"""The laws of the simulation, and the books in which is written what must not be lost."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import gevent

from relay_actors.kit import clock
from relay_runtime import RelayError

__all__ = ["GRACE", "LAWS", "Books", "Broken", "Chronicle", "Story", "Violation"]

LAWS = {
    "served once": "no call is served twice",
    "code ends": "the code of every call ends",
    "farewell once": "on_ended runs once for each call, unless its actor was killed",
    "waits end": "every wait ends within its limit, those without a limit with their call",
    "known errors": "a wait, a command, a dial raises nothing but the runtime's own errors",
    "handled once": "no event is handled more often than the server made it",
    "in order": "a call's code sees its events in the order in which they arrived",
    "nothing lost": "an event that was acknowledged is handled, as long as its call lives",
    "sent once": "a command reaches the server once at most",
    "not sent is not sent": "a command that is said not to have been sent does not reach the server",
    "nobody left": "no call is left up on the server when its code is over, and no far end on the line",
    "ends are told": "a call that is over on the server is over for its code too",
    "cap holds": "no more calls are active than max_active_calls",
    "slots come back": "the slot of every call that is over is free again",
    "counters add up": "what was counted on both sides agrees",
    "session resumed": "a login asks for the session that the client was told of last",
    "contexts kept": "a login asks for the contexts that the client wants, and the server has them in the end",
    "tried in time": "a connection that was lost is tried again within the limit of the backoff",
    "tried in peace": "a server that can't be reached is not stormed",
    "serves on": "when the faults are over, callers are served and messages come and go",
    "stays alive": "the client does not fail",
    "sandbox is sound": "the sandbox has no fault of its own",
    "log is quiet": "nothing is logged as an error that nobody can explain",
    "nothing left over": "behind the end no greenlet, actor, future, timer or watcher is left",
}
"""From the name of a law to what it says."""

GRACE = 300.0
"""Virtual seconds in which both sides must know of the end of a call: no outage lasts as long."""

_LATE = 0.01  # virtual seconds: nothing is late because a machine is slow
_MOST = 20  # violations that are kept

T = TypeVar("T")


@dataclass(frozen=True)
class Violation:
    """A law that does not hold.

    Attributes:
        law: its name in `LAWS`.
        what: what was seen.
        at: virtual seconds.
    """

    law: str
    what: str
    at: float

    def __str__(self) -> str:
        return f"{self.law} ({LAWS[self.law]}): {self.what} [at {self.at:.3f} s]"


class Broken(Exception):
    """A law does not hold: the simulation ends early."""


class Chronicle:
    """A hash over all frames and outcomes, each with its time: the same for two runs that are alike."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self.lines = 0
        self.tail: list[str] | None = None  # keeps all lines, if it is a list
        self.closed = False

    def note(self, what: str) -> None:
        """Write a line; behind the first violation no more is written: how a broken run is ended is no matter."""
        if self.closed:
            return
        line = f"{clock.monotonic():.6f} {what}"
        self._hash.update(line.encode("utf-8", "surrogatepass") + b"\n")
        self.lines += 1
        if self.tail is not None:
            self.tail.append(line)

    @property
    def digest(self) -> str:
        """The hash so far, shortened."""
        return self._hash.hexdigest()[:16]


@dataclass(eq=False, slots=True)
class Story:
    """What is known of one call that is served.

    Attributes:
        number: the item that made it.
        call: the call, until it is judged.
        inbound: whether somebody called in.
        began: virtual seconds.
        ends: how often ``on_ended`` ran.
        finished: whether its code has ended.
        crashes, killed: whether its code raised on purpose, or its actor was killed.
        gone_at, over_at: when its actor had stopped, when the server had it no more; None before.
        seen_to: up to which of the arrived events its code has handled them.
        looked_after: whether an operator has hung it up, since nobody could know that it was over.
    """

    number: int
    call: Any
    call_id: str
    inbound: bool
    began: float
    ends: int = 0
    finished: bool = False
    crashes: bool = False
    killed: bool = False
    has_code: bool = True
    gone_at: float | None = None
    over_at: float | None = None
    seen_to: int = 0
    looked_after: bool = False
    handled: Counter[Any] | None = None


class Books:
    """All that was begun, and how it has ended.

    Attributes:
        violations: laws that do not hold.
        waits: waits by how they ended.
        outcomes: dials and messages by how they ended.
        open: stories that are not judged yet, by call id.
        ids: the ids of all calls that were ever served.
        pending: what waits from outside of calls, without a limit.
    """

    def __init__(self) -> None:
        self.chronicle = Chronicle()
        self.violations: list[Violation] = []
        self.waits: Counter[str] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.open: dict[str, Story] = {}
        self.ids: set[str] = set()
        self.unsent: dict[str, str] = {}
        self.begun = self.most = 0
        self.pending = 0
        self.call_seconds = 0.0

    def wrong(self, law: str, what: str) -> None:
        """Note that a law does not hold."""
        assert law in LAWS
        self.chronicle.note(f"violation of {law}: {what}")
        self.chronicle.closed = True
        if len(self.violations) < _MOST:
            self.violations.append(Violation(law, what, clock.monotonic()))

    def must_equal(self, law: str, what: str, found: Any, wanted: Any) -> None:
        """Note a violation unless two values are the same."""
        if found != wanted:
            self.wrong(law, f"{what}: {found}, not {wanted}")

    def begin(self, story: Story) -> None:
        """Note a call that is served."""
        if story.call_id in self.ids:
            self.wrong("served once", f"call {story.call_id} is served again")
        self.ids.add(story.call_id)
        self.open[story.call_id] = story
        self.begun += 1
        self.most = max(self.most, len(self.open))

    def timed(self, what: str, limit: float, wait: Callable[[], T]) -> T:
        """Run a wait, and book how it ended. Blocks as long as it does."""
        began, how = clock.monotonic(), "done"
        try:
            return wait()
        except BaseException as error:
            how = type(error).__name__
            if not isinstance(error, RelayError | gevent.GreenletExit | gevent.Timeout):
                self.wrong("known errors", f"{what} raised {error!r}")
            raise
        finally:
            self.waits[how] += 1
            beyond = clock.monotonic() - began - limit
            if beyond > _LATE:
                self.wrong("waits end", f"{what} ended by {how} {beyond:.3f} s beyond its limit of {limit:g} s")
