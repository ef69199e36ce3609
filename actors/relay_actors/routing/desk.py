"""Holds what every part of the subscription actor works with."""

from __future__ import annotations

import msgspec

from relay_actors.kit.actor import GreenletRef
from relay_actors.kit.name import Name
from relay_actors.kit.throttle import Throttle
from relay_actors.routing.admission import Admission
from relay_actors.routing.roster import CallRoster
from relay_actors.session.link import Link
from relay_actors.telemetry.stats import Stats
from relay_actors.timing import Timing

__all__ = ["Desk"]


class Desk(msgspec.Struct, frozen=True):
    """Handed from the subscription actor to its parts.

    Attributes:
        link: the way to the server.
        admission: the slots of inbound calls.
        stats: where is counted.
        roster: the live calls, and what else outlives the actor.
        address: the actor, for those who answer it.
        throttle: logs what may come with every frame.
    """

    link: Link
    admission: Admission
    stats: Stats
    roster: CallRoster
    address: Name | GreenletRef
    throttle: Throttle = msgspec.field(default_factory=Throttle)

    @property
    def timing(self) -> Timing:
        """Delays and limits."""
        return self.link.timing
