"""Holds what outlives a restart of the actor that routes events: which calls are live, and what was handled already.

A call is an actor of its own and goes on while its router is started again; the router of the next life finds it here.
The roster has one owner at a time, the actor that it was handed to.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any, Final, Protocol

from relay_actors.call.crash_policy import HANGUP, CrashPolicy
from relay_actors.call.facts import CallFacts
from relay_actors.call.messages import HangUp
from relay_actors.call.observer import CallObserver
from relay_actors.delivery.dedup import Dedup
from relay_actors.delivery.unrouted import Unrouted
from relay_actors.kit.recent import Recent
from relay_actors.routing.dial import Dial
from relay_actors.routing.inheritance import Inheritance

__all__ = ["CallRoster", "Live", "UpIds"]

_CALLS_REMEMBERED: Final = 10_000
_TAGS_REMEMBERED: Final = 1_000


class Live(Protocol):
    """A live call to its router: its actor, or what stands in for that while it is made."""

    facts: CallFacts
    """What is known of the call."""

    @property
    def ref(self) -> Any:
        """Where messages for it go."""


class UpIds(Collection[str]):
    """The ids of the calls that are up: counted without a look at each, and given one by one.

    A worker counts them whenever a call comes or goes, and may have thousands.

    Args:
        roster: whose calls they are.
    """

    __slots__ = ("_roster",)

    def __init__(self, roster: CallRoster) -> None:
        self._roster = roster

    def __len__(self) -> int:
        roster = self._roster
        if roster.stopping or roster.unserved or roster.abandoned:
            return len(roster.up())
        calls = roster.calls
        return len(calls) - sum(call_id in calls for call_id in roster.over | roster.apart)

    def __iter__(self) -> Iterator[str]:
        roster = self._roster
        if roster.stopping or roster.unserved or roster.abandoned:
            return iter(roster.up())
        return (call_id for call_id in roster.calls if call_id not in roster.over and call_id not in roster.apart)

    def __contains__(self, call_id: object) -> bool:
        return call_id in self._roster.up()


class CallRoster:
    """The live calls of a client.

    Args:
        unrouted: takes what belongs to no call.
        contexts: the desired contexts.
        when_crashed: what becomes of a call whose code crashes, where its class says nothing.
        observer: is told what happens to calls, or None.
        client: whose calls they are, for their code.

    Attributes:
        unrouted: see above.
        contexts: see above.
        when_crashed: see above.
        observer: see above.
        client: see above.
        factory: makes the actor of an inbound call, or None.
        quick: whether it runs no code of the user.
        away: whether no new call is to come, for no reason of this process, until told otherwise.
        draining: whether no new call is taken or made any more, and live calls may end by themselves.
        cut_off: whether calls were hung up since the client stops, which did not end by themselves.
        stopping: whether none is taken or made, since the client stops.
        calls: from a live call's id to its actor, oldest first.
        over: ids of calls that are over, and whose actor is live.
        apart: ids of live calls that are left to others, or whose hang-up was taken, which they note themselves.
        former: ids of calls that are over and have no actor.
        dials: dials by their tag, from their beginning until what is left of them has been ended.
        dialled: dials that are over: from the tag to the call that won, or an empty text.
        dedup: events that were handled.
        adopts: whether the calls are those of another process, which has died.
        adopted: those of them that have not been told to go on yet.
        abandoned: calls that were given up with somebody on the line, since there was no connection or the server has
            refused to end them: from their id to their node.
        unserved: calls that are to be ended, and whose hang-up the server has not taken yet.
        forgotten: ids of calls that were up when the server forgot the session of a client that drains or stops.
        inherited: what another process has left, until its session is resumed; None for most clients.
    """

    __slots__ = (
        "abandoned",
        "adopted",
        "adopts",
        "apart",
        "away",
        "calls",
        "client",
        "contexts",
        "cut_off",
        "dedup",
        "dialled",
        "dials",
        "draining",
        "factory",
        "forgotten",
        "former",
        "inherited",
        "observer",
        "over",
        "quick",
        "stopping",
        "unrouted",
        "unserved",
        "when_crashed",
    )

    def __init__(
        self,
        unrouted: Unrouted,
        contexts: tuple[str, ...] = (),
        when_crashed: CrashPolicy = HANGUP,
        observer: CallObserver | None = None,
        client: Any = None,
    ) -> None:
        self.unrouted = unrouted
        self.contexts = contexts
        self.when_crashed = when_crashed
        self.observer = observer
        self.client = client
        self.factory: Callable[..., Any] | None = None
        self.quick = False
        self.away = False
        self.draining = False
        self.cut_off = False
        self.stopping = False
        self.calls: dict[str, Live] = {}
        self.over: set[str] = set()
        self.apart: set[str] = set()
        self.former: Recent[str] = Recent(_CALLS_REMEMBERED)
        self.dials: dict[str, Dial] = {}
        self.dialled: Recent[str] = Recent(_TAGS_REMEMBERED)
        self.dedup = Dedup()
        self.abandoned: dict[str, str] = {}
        self.unserved: dict[str, HangUp] = {}
        self.forgotten: set[str] = set()
        self.adopts = False
        self.adopted: set[str] = set()
        self.inherited: Inheritance | None = None

    @property
    def live(self) -> bool:
        """Whether somebody is on the line, or will be, as long as the server keeps the session."""
        waiting = self.dials or self.unserved or self.inherited
        return bool(waiting) or any(call_id not in self.over for call_id in self.calls)

    def is_to_be_ended(self, call_id: str) -> bool:
        """Return whether a call is to be hung up still."""
        return call_id in self.unserved or call_id in self.abandoned

    def ours(self) -> list[tuple[str, CallFacts]]:
        """Return the calls that are up and ours to end, oldest first: not an offer that was left to others."""
        calls = self.calls.items()
        return [(call_id, live.facts) for call_id, live in calls if call_id not in self.over and not live.facts.left]

    def up(self) -> dict[str, str]:
        """Return the calls that are ours to end and that no hang-up was taken of, from their id to their node.

        At the end of a client that has stopped, these are the calls that it leaves up.
        """
        calls = () if self.stopping else self.ours()  # a client that stops has each of them among the unserved
        served = {call_id: facts.node_id for call_id, facts in calls if not facts.hung_up}
        return served | {call_id: wanted.node_id for call_id, wanted in self.unserved.items()} | self.abandoned

    def left(self) -> list[Live]:
        """Return the offers that were left to others, and are listened to still."""
        return [live for live in self.calls.values() if live.facts.left]
