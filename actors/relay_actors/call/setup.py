"""What a call actor is made from."""

from __future__ import annotations

from typing import Any

import msgspec

from relay_actors.call.crash_policy import HANGUP, CrashPolicy
from relay_actors.call.facts import CallFacts
from relay_actors.call.observer import CallObserver
from relay_actors.kit.actor import GreenletRef
from relay_actors.kit.log import ThrottledLogger
from relay_actors.kit.name import Name
from relay_actors.session.link import Link
from relay_actors.timing import Timing

__all__ = ["CallEnvironment", "CallSetup"]


class CallEnvironment(msgspec.Struct, frozen=True, kw_only=True):
    """What all calls of a client have in common.

    Attributes:
        link: the way of their commands.
        timing: delays and limits.
        subscription: the actor that routes their events.
        throttle: logs what may come with every frame.
        when_crashed: what becomes of a call whose code crashes, where its class says nothing.
        observer: is told what happens to them, or None.
        client: the client that they belong to, for their code.
        apart: ids of those that are left to others, or whose hang-up the server has taken, which each call notes.
        behind: whether their code runs in another thread, so that it is behind what has happened: what came after the
            reply to its last command is news to it.
    """

    link: Link
    timing: Timing
    subscription: Name | GreenletRef
    throttle: ThrottledLogger = msgspec.field(default_factory=ThrottledLogger)
    when_crashed: CrashPolicy = HANGUP
    observer: CallObserver | None = None
    client: Any = None
    apart: set[str] = msgspec.field(default_factory=set)
    behind: bool = False


class CallSetup(msgspec.Struct, frozen=True):
    """What is known of a call at first, and what is around it.

    Attributes:
        facts: what is known of it.
        environment: what all calls of the client have in common; it is for the runtime.
    """

    facts: CallFacts
    environment: CallEnvironment

    def __repr__(self) -> str:
        """Show the address; no numbers of callers."""
        return f"<CallSetup {self.facts.call_id} {self.facts.direction}>"
