"""Remembers one dial that is under way (protocol 5).

It is known by its tag alone until a leg answers. Its legs are tracked, so that an abandoned dial ends every one of
them, and what a leg told before the dial was answered is kept for the call actor of the winner.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from relay_actors.kit.future import GreenletFuture
from relay_actors.session.command import Command
from relay_actors.wire.events import CallStateEvent, RelayEvent

__all__ = ["Dial", "Leg"]

_EVENTS_KEPT = 100
_LEGS = 1_000


class Leg:
    """One device of a dial that has shown up."""

    __slots__ = ("answered", "call_id", "ended", "events", "node_id")

    def __init__(self, call_id: str, node_id: str) -> None:
        self.call_id = call_id
        self.node_id = node_id
        self.events: list[RelayEvent] = []
        self.answered = False
        self.ended = False


class Dial:
    """One dial: its tag, who waits for it, its legs, and what came of it."""

    __slots__ = ("command", "factory", "future", "legs", "settled", "tag", "winner")

    def __init__(
        self,
        tag: str,
        factory: Callable[..., Any],
        future: GreenletFuture[Any],
        command: Command | None = None,
    ) -> None:
        self.tag = tag
        self.factory = factory
        self.future = future
        self.command = command
        self.legs: dict[str, Leg] = {}
        self.settled = False
        self.winner = ""

    @property
    def sent(self) -> bool:
        """Whether its command has left."""
        return self.command is None or self.command.sent

    def note(self, event: RelayEvent) -> Leg | None:
        """Keep an event of a leg and return the leg; None when it is one more than a dial can have."""
        leg = self.legs.get(event.call_id)
        if leg is None:
            if len(self.legs) >= _LEGS:
                return None
            leg = self.legs[event.call_id] = Leg(event.call_id, event.node_id)
        if isinstance(event, CallStateEvent):
            leg.answered = leg.answered or event.call_state == "answered"
            leg.ended = leg.ended or event.call_state == "ended"
        if len(leg.events) < _EVENTS_KEPT:
            leg.events.append(event)
        return leg
