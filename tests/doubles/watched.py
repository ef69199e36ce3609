"""A client as those see it who read its counters and its status."""

from __future__ import annotations

from typing import Any

import msgspec

from relay_actors.kit.child import ActorStatus
from relay_actors.telemetry.stats import Stats
from relay_actors.telemetry.status import CallsStatus, ConnectionStatus, FleetStatus, QueuesStatus, Status

__all__ = ["Watched"]


class Watched:
    """A client that is connected, idle and well, unless it is told otherwise.

    Attributes:
        stats: its counters.
        asked: how often its status was asked for.
        error: raised in place of a status.
    """

    def __init__(self) -> None:
        self.stats = Stats()
        self.asked = 0
        self.error: Exception | None = None
        self._status = Status(
            connection=ConnectionStatus(state="connected", contexts=("office",), subscribed=True, up_for=5.0, logins=1),
            calls=CallsStatus(limit=10),
            queues=QueuesStatus(outbox_limit=500),
            actors=(ActorStatus(name="client", kind="Supervisor", state="running"),),
            taken=1.0,
        )

    def status(self) -> Status:
        self.asked += 1
        if self.error is not None:
            raise self.error
        return self._status

    def becomes(self, part: str, **fields: Any) -> None:
        """Change fields of one part of the status."""
        changed = msgspec.structs.replace(getattr(self._status, part), **fields)
        self._status = msgspec.structs.replace(self._status, **{part: changed})

    def has_actors(self, *actors: ActorStatus) -> None:
        self._status = msgspec.structs.replace(self._status, actors=actors)

    def is_in_a_fleet(self, **fields: Any) -> None:
        fleet = FleetStatus(**{"host": "alpha", "connected": True, "problem": "", "members": 3, **fields})
        self._status = msgspec.structs.replace(self._status, fleet=fleet)
