"""A subscription actor under test: its connection is a switchboard, its calls are real."""

from __future__ import annotations

import itertools
from typing import Any

from doubles.actors import Collector, Switchboard
from doubles.hub import LIMIT, turns, until
from doubles.started import Started

from relay_actors.call.call import Call
from relay_actors.delivery.unrouted import Unrouted
from relay_actors.kit.future import GreenletFuture
from relay_actors.kit.name import Name
from relay_actors.routing.admission import Admission
from relay_actors.routing.messages import BeginDial, SetCallHandler
from relay_actors.routing.roster import CallRoster, UpIds
from relay_actors.routing.subscription import SubscriptionActor
from relay_actors.session.ledger import NO_LEDGER, Ledger
from relay_actors.session.link import Link
from relay_actors.session.messages import EventsReceived
from relay_actors.telemetry.stats import Stats
from relay_actors.timing import Timing
from relay_actors.wire.events import RelayEvent

__all__ = ["Exchange"]


class Exchange:
    """Routes the events that a test sends.

    Attributes:
        calls: every call actor that was made, in order.
        actor: the subscription actor.
        board: answers commands.
        stats: its counters.
    """

    def __init__(
        self,
        started: Started,
        kind: Any = Call,
        *,
        limit: int = 10,
        policy: str = "drop",
        timing: Timing | None = None,
        admission: Admission | None = None,
        observer: Any = None,
        address: Name | None = None,
        ledger: Ledger = NO_LEDGER,
    ) -> None:
        self.timing = timing or Timing(request_timeout=LIMIT, call_linger=LIMIT, early_ttl=LIMIT)
        self.board = started(Switchboard())
        self.supervisor = started(Collector())
        self.stats = Stats()
        self.link = Link(self.timing, stats=self.stats, ledger=ledger)
        self.link.connection = self.board.ref
        self.link.supervisor = self.supervisor.ref
        self.admission = admission or Admission(limit, policy)
        self.kind = kind
        self.calls: list[Any] = []
        self._started = started
        self._ids = itertools.count(1)
        self.roster = CallRoster(Unrouted(self.timing.early_ttl, self.stats), ("office",), observer=observer)
        self.address = address
        self.begin()
        if kind is not None:
            self.actor.ref.tell(SetCallHandler(self.make))
        turns()

    def begin(self) -> None:
        """Start the actor; once it has failed, its next life."""
        self.actor = self._started(
            SubscriptionActor(self.link, self.admission, self.stats, self.roster, address=self.address)
        )
        if self.address is not None:
            self.address.publish(self.actor.ref)

    def make(self, setup: Any) -> Any:
        call = self.kind(setup)
        if isinstance(call, Call):
            self.calls.append(call)
            self._started.adopt(call._relay)
        return call

    def gets(self, *events: RelayEvent, identity: Any = None) -> None:
        """Deliver events in one batch, each with a frame id of its own, and let them be handled."""
        batch = tuple((identity or f"f{next(self._ids)}", event) for event in events)
        self.actor.ref.tell(EventsReceived(batch))
        turns()
        self.counts_right()

    def tells(self, message: Any) -> None:
        self.actor.ref.tell(message)
        turns()
        self.counts_right()

    def counts_right(self) -> None:
        """What is counted of the calls that are up is what a look at each of them finds."""
        up = self.roster.up()
        assert (len(UpIds(self.roster)), sorted(UpIds(self.roster))) == (len(up), sorted(up))

    def dials(self, tag: str = "T", factory: Any = None) -> GreenletFuture[Any]:
        """Begin a dial; return the future of its call."""
        outcome: GreenletFuture[Any] = GreenletFuture()
        self.actor.ref.ask(BeginDial(tag, factory or self.make, outcome), timeout=LIMIT)
        return outcome

    def ended(self) -> list[str]:
        """The calls that a hang-up was sent for, in order."""
        return [params["call_id"] for params in self.board.params("calling.end")]

    def is_empty(self) -> None:
        """Wait until no call is left and no slot is taken."""
        until(lambda: not self.actor._calls, "the end of all calls")
        assert self.admission.slots.taken == 0
        assert not self.actor._roster.over
        assert not self.actor._roster.apart
