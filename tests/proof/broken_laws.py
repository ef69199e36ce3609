"""Breaks the runtime on purpose, in one place at a time, and looks how soon the simulation finds it.

python -m proof.broken_laws                  all of them, a table, written to docs/reliability.md
python -m proof.broken_laws "no dedup"       one
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from proof import document
from proof.simulated.play import Verdict
from proof.simulation import run_seed, set_up
from relay_actors.call.core import CallCore
from relay_actors.call.program import Program
from relay_actors.call.waits import OpenWaits
from relay_actors.delivery.dedup import Dedup
from relay_actors.delivery.early import EarlyEvents
from relay_actors.kit import clock, restarts
from relay_actors.kit.slots import Slots
from relay_actors.kit.timer import Timer
from relay_actors.routing.dialling import Dialling
from relay_actors.routing.subscription import SubscriptionActor
from relay_actors.session.connection import ConnectionActor
from relay_actors.session.outbox import CommandOutbox
from relay_actors.session.pending import PendingCommands
from relay_actors.session.state import Session

__all__ = ["BROKEN", "Broken", "Found", "find"]

CALLS = 100
MINUTE = 60.0  # seconds of the machine in which each must be found


@dataclass(frozen=True)
class Broken:
    """A fault that is built into the runtime.

    Attributes:
        name: what is wrong.
        where: class and name of the method that is replaced.
        instead: gets the method, and returns what stands in its place.
    """

    name: str
    where: tuple[Any, str]
    instead: Callable[[Callable[..., Any]], Callable[..., Any]]

    @contextmanager
    def built_in(self) -> Iterator[None]:
        """Have it in the runtime until the block is left."""
        owner, name = self.where
        with patch.object(owner, name, self.instead(getattr(owner, name))):
            yield


@dataclass(frozen=True)
class Found:
    """How a fault was found; ``verdict`` is None if it was not. ``again`` is what its seed gave the second time."""

    broken: Broken
    verdict: Verdict | None
    again: Verdict | None
    seeds: int
    seconds: float

    @property
    def replays(self) -> bool:
        """Whether the seed showed the same a second time."""
        one, other = self.verdict, self.again
        return (
            one is not None and other is not None and (one.digest, one.violations) == (other.digest, other.violations)
        )


def _all_fresh(_fresh: Any) -> Any:
    return lambda _self, events, _stats: [event for _, event in events]


def _forgets_early(_claim: Any) -> Any:
    def claim(self: EarlyEvents, key: str) -> list[Any]:
        self.kept.pop(key)
        return []

    return claim


def _keeps_slot(release: Any) -> Any:
    """Give back no slot whose number is odd."""

    def kept(self: Slots, holder: str) -> bool:
        return True if sum(holder.encode()) % 2 else release(self, holder)

    return kept


def _always_room(take: Any) -> Any:
    return lambda self, holder, beyond=False: take(self, holder, beyond=True)


def _sends_again(release: Any) -> Any:
    """Send what was in flight once more by the next connection."""

    def released(self: ConnectionActor, reason: Any) -> None:
        for command in list(self._pending._asked.values()):
            if not command.done():
                self._to.supervisor.offer(command)
        self._pending._asked = {}
        release(self, reason)

    return released


def _empties_nothing(take_all: Any) -> Any:
    def taken(self: CommandOutbox) -> list[Any]:
        commands = dict(self._commands)
        taken = take_all(self)
        self._commands = commands
        return taken

    return taken


def _fails_nobody(_lose: Any) -> Any:
    def lose(self: PendingCommands, _why: str, *, too_large: bool = False) -> None:
        self._asked = {}

    return lose


def _asks_for_nothing(params: Any) -> Any:
    """Ask for no contexts when a session is resumed."""

    def asked(self: Session, *args: Any) -> dict[str, Any]:
        found = params(self, *args)
        if self.protocol:
            found.pop("contexts", None)
        return found

    return asked


def _never_resumes(params: Any) -> Any:
    def asked(self: Session, *args: Any) -> dict[str, Any]:
        return {key: value for key, value in params(self, *args).items() if key not in _RESUMES}

    return asked


_RESUMES = ("protocol", "authorization_state")


def _without_limit(_delay: Any) -> Any:
    return lambda attempt, chance, *, first, limit: chance * first * 4.0**attempt


def _at_once(_delay: Any) -> Any:
    return lambda *_args, **_options: 0.001


def _never_cancels(_cancel: Any) -> Any:
    return lambda _self: None


def _ends_no_wait(_end: Any) -> Any:
    return lambda _self, _error, *, late: None


def _says_goodbye_twice(goodbye: Any) -> Any:
    def said(self: Any) -> bool:
        hooks = self._hooks
        queued: bool = goodbye(self)
        if queued:
            last = hooks.last(self.call, self.core.facts.last_state)
            self.core.enqueue(last[0], *last[1])
        return queued

    return said


def _nothing(_method: Any) -> Any:
    return lambda *_args, **_options: None


BROKEN = (
    Broken("an event is handled as often as it is delivered", (Dedup, "fresh"), _all_fresh),
    Broken("events that overtook their offer are dropped", (EarlyEvents, "claim"), _forgets_early),
    Broken("the slot of every second call is not given back", (Slots, "release"), _keeps_slot),
    Broken("an offer is taken beyond the cap", (Slots, "take"), _always_room),
    Broken("a command in flight is sent again by the next connection", (ConnectionActor, "_release"), _sends_again),
    Broken("the outbox keeps what it gave out", (CommandOutbox, "take_all"), _empties_nothing),
    Broken("a lost connection fails no reply that is waited for", (PendingCommands, "lose"), _fails_nobody),
    Broken("a reconnect asks for no contexts", (Session, "connect_params"), _asks_for_nothing),
    Broken("a session is not resumed", (Session, "connect_params"), _never_resumes),
    Broken("the backoff has no limit", (restarts, "backoff_delay"), _without_limit),
    Broken("there is no backoff", (restarts, "backoff_delay"), _at_once),
    Broken("a timer goes on when it is cancelled", (Timer, "cancel"), _never_cancels),
    Broken("the end of a call ends no wait", (OpenWaits, "end"), _ends_no_wait),
    Broken("on_ended runs twice", (Program, "say_goodbye"), _says_goodbye_twice),
    Broken("the calls of a lost session go on", (SubscriptionActor, "_lose_calls"), _nothing),
    Broken("legs of a dial that lost, or was given up, are not ended", (Dialling, "_end"), _nothing),
    Broken("a call whose code crashed is not hung up", (CallCore, "leave_hangup"), _nothing),
)


def find(broken: Broken, first: int = 1, seconds: float = MINUTE) -> Found:
    """Play seeds until one of them shows a fault, and that one again. Blocks for about as many seconds at most."""
    began, seed = clock.real_monotonic(), first
    with broken.built_in():
        while clock.real_monotonic() - began < seconds:
            verdict = run_seed(seed, CALLS)
            seed += 1
            if verdict.violations:
                taken = clock.real_monotonic() - began
                return Found(broken, verdict, run_seed(verdict.seed, CALLS), seed - first, taken)
    return Found(broken, None, None, seed - first, clock.real_monotonic() - began)


def _row(found: Found) -> str:
    if found.verdict is None:
        return f"| {found.broken.name} | **not found** | | {found.seconds:.1f} s |"
    laws = ", ".join(dict.fromkeys(violation.law for violation in found.verdict.violations))
    replays = "" if found.replays else ", **does not replay**"
    return f"| {found.broken.name} | {laws} | {found.verdict.seed}{replays} | {found.seconds:.1f} s |"


def main() -> int:
    """Find all, or those that are named; the exit code is 1 when one is not found within a minute, or not again."""
    set_up()
    wanted = sys.argv[1:]
    lines = ["| what is broken | law that shows it | seed | found after |", "|---|---|---:|---:|"]
    print("\n".join(lines))
    every = True
    for broken in BROKEN:
        if wanted and not any(name in broken.name for name in wanted):
            continue
        found = find(broken)
        every &= found.replays
        lines.append(_row(found))
        print(lines[-1], flush=True)
        if wanted and found.verdict is not None:
            print("\n".join(str(violation) for violation in found.verdict.violations))
    if not wanted:
        document.write("broken-laws", f"    $ make broken-laws   # seeds of {CALLS} calls\n\n" + "\n".join(lines))
    return not every


if __name__ == "__main__":
    sys.exit(main())
