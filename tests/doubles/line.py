"""A call under test: its actor, a switchboard that answers its commands, and a collector that routes nothing."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from doubles.actors import Collector, Switchboard, linked
from doubles.frames import offer, state
from doubles.hub import LIMIT, turns, until
from doubles.started import Started

from relay_actors.call.call import Call
from relay_actors.call.messages import CallClosed, CallSetup, SessionEnded
from relay_actors.timing import Timing
from relay_actors.wire.events import RelayEvent

__all__ = ["Line"]

C = TypeVar("C", bound=Call)


class Line(Generic[C]):
    """A live call.

    Attributes:
        call: the call's actor.
        board: answers its commands.
        subscription: the collector that it reports to.
    """

    def __init__(self, started: Started, kind: type[C] = Call, timing: Timing | None = None, **setup: Any) -> None:  # type: ignore[assignment]
        self.board = started(Switchboard())
        self.subscription = started(Collector())
        limits = timing or Timing(request_timeout=LIMIT, call_linger=LIMIT)
        first = offer()
        fields = {
            "call_id": "c1",
            "node_id": "n1",
            "direction": "inbound",
            "state": "created",
            "context": "office",
            "device": first.raw_device,  # type: ignore[attr-defined]
            "link": linked(self.board.ref, limits),
            "timing": limits,
            "subscription": self.subscription.ref,
        }
        self.call: C = kind(CallSetup(**{**fields, **setup}))
        self.call.on_receive(first)
        started.adopt(self.call)
        self.call.launch()
        turns()

    def gets(self, *events: RelayEvent) -> None:
        """Deliver events, and let them be handled."""
        for event in events:
            self.call.ref.offer(event)
        turns()

    def ends(self, reason: str = "hangup", **params: Any) -> None:
        self.gets(state("ended", end_reason=reason, **params))

    def loses_session(self, error: Any) -> None:
        self.gets()
        self.call.ref.offer(SessionEnded(error))
        turns()

    @property
    def closed(self) -> int:
        """How often the call has reported that it is closed."""
        return len(self.subscription.of(CallClosed))

    def closes(self) -> None:
        """Wait until the actor is gone and has said so, once."""
        assert self.call.ref.join(LIMIT)
        until(lambda: self.closed)
        assert self.closed == 1
