"""A call under test: its actor, a switchboard that answers its commands, and a collector that routes nothing."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from doubles.actors import Collector, Switchboard, linked
from doubles.frames import offer, state
from doubles.hub import LIMIT, turns, until
from doubles.started import Started

from relay_actors.call.call import Call
from relay_actors.call.facts import CallFacts
from relay_actors.call.messages import CallClosed, SessionEnded
from relay_actors.call.setup import CallEnvironment, CallSetup
from relay_actors.timing import Timing
from relay_actors.wire.events import RelayEvent

__all__ = ["Line"]

C = TypeVar("C", bound=Call)


class Line(Generic[C]):
    """A live call.

    Attributes:
        call: the call as its user knows it.
        core: its actor.
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
            "raw_device": first.raw_device,  # type: ignore[attr-defined]
        }
        around = {"link": linked(self.board.ref, limits), "timing": limits, "subscription": self.subscription.ref}
        around |= {
            name: setup.pop(name) for name in ("link", "subscription", "when_crashed", "observer") if name in setup
        }
        self.call: C = kind(CallSetup(CallFacts(**{**fields, **setup}), CallEnvironment(**around)))
        self.core = self.call._relay
        started.adopt(self.core)
        self.core.begin((first,))
        self.core.launch()
        turns()

    def gets(self, *events: RelayEvent) -> None:
        """Deliver events, and let them be handled."""
        for event in events:
            self.core.ref.offer(event)
        turns()

    def ends(self, reason: str = "hangup", **params: Any) -> None:
        self.gets(state("ended", end_reason=reason, **params))

    def loses_session(self, error: Any) -> None:
        self.gets()
        self.core.ref.offer(SessionEnded(error))
        turns()

    @property
    def closed(self) -> int:
        """How often the call has reported that it is closed."""
        return len(self.subscription.of(CallClosed))

    def closes(self) -> None:
        """Wait until the actor is gone and has said so, once."""
        assert self.core.ref.join(LIMIT)
        until(lambda: self.closed)
        assert self.closed == 1
