"""Counters of what happened, for a status line or a metrics endpoint.

Each field has one writer, an actor; anybody may read.
"""

from __future__ import annotations

from collections import Counter

__all__ = ["Stats"]


class Stats:
    """Counts since the client was made.

    Attributes:
        calls_offered: inbound calls offered, each counted once however often it was delivered.
        calls_admitted: inbound calls that got an actor.
        calls_refused: inbound calls that got none, by the policy that was applied (``drop``, ``pass``, ``busy``),
            ``unserved`` when nobody had registered a handler, or ``drain`` when they were passed on while draining.
        calls_ended: calls with an actor that ended, by end reason.
        calls_crashed: calls whose code crashed: ``run()``, a hook, a callback, or the making of its actor.
        calls_outlived: calls whose code went on after their end until it was ended.
        dials: outbound dials by outcome (``answered``, ``failed``, ``abandoned``, ``lost``).
        events_duplicate: events that were recognised as delivered before.
        events_unrouted: events that belonged to nothing known.
        hub_blocked: how often code kept the hub from running anybody else for longer than the hub guard's limit.
        hub_lag: by how much the hub was late at the guard's last beat, in seconds.
        hub_lag_max: the largest such value so far, in seconds.
        messages_received: inbound messages.
        messages_sent: outbound messages accepted by the server, by terminal state.
        connections: logins that succeeded.
    """

    def __init__(self) -> None:
        self.calls_offered = 0
        self.calls_admitted = 0
        self.calls_refused: Counter[str] = Counter()
        self.calls_ended: Counter[str] = Counter()
        self.calls_crashed = 0
        self.calls_outlived = 0
        self.dials: Counter[str] = Counter()
        self.events_duplicate = 0
        self.events_unrouted = 0
        self.hub_blocked = 0
        self.hub_lag = 0.0
        self.hub_lag_max = 0.0
        self.messages_received = 0
        self.messages_sent: Counter[str] = Counter()
        self.connections = 0
