"""Counts what happens, for a status line or a metrics endpoint.

They are written by the actors of one client, all on one thread, and anybody on that thread may read them. An event
costs an increment or two, so that counting is always on.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from relay_actors.telemetry.histogram import CALL_SECONDS, Histogram, HistogramsByName
from relay_actors.wire import call_state, constants
from relay_actors.wire.methods import METHODS

__all__ = [
    "BUSY_CALL",
    "BUSY_HANDLERS",
    "LOST",
    "OTHER",
    "REFUSED",
    "TIMEOUT",
    "UNKNOWN",
    "UNMADE_CALL",
    "UNSENT",
    "Stats",
]

REFUSED = "refused"
"""A command failed because the server said no."""
TIMEOUT = "timeout"
"""A command failed because it was sent and no reply came in time."""
LOST = "lost"
"""A command failed because the connection dropped before its reply."""
UNSENT = "unsent"
"""A command failed because there was no connection until its deadline, no room to wait, or no client any more."""
BUSY_CALL = "busy_call"
"""A dead letter: an event for a call whose code is too far behind."""
BUSY_HANDLERS = "busy_handlers"
"""A dead letter: a message, a task or an event of no call, while too many handlers run and wait."""
UNMADE_CALL = "unmade_call"
"""A dead letter: an event for a call whose actor is still being made."""
UNKNOWN = "unknown"
"""The type of events that have no class here."""
OTHER = "other"
"""What is counted together since nobody here knows its name: counts are kept by known names only, not by any text."""

_END_REASONS: Final = frozenset(
    {
        *(value for name, value in vars(constants).items() if name.startswith("END_REASON_")),
        *("gone", "lost", "passed", "stopped", "transferred", "unknown"),
    }
)


class Stats:
    """Counts since the client was made; durations are in seconds.

    Attributes:
        calls_offered: inbound calls offered, each counted once however often it was delivered.
        calls_admitted: inbound calls that got an actor.
        calls_refused: inbound calls that got none, by the policy that was applied (``drop``, ``pass``, ``busy``),
            ``unserved`` when nobody had registered a handler, or ``drain`` when they were passed on while draining.
        offers_left: inbound calls whose handler did not touch them: they were left to others.
        calls_answered: calls with an actor that were answered, by direction (``inbound``, ``outbound``).
        calls_ended: calls with an actor that ended, by end reason in the spelling of the wire, or `OTHER`.
        call_seconds: how long calls with an actor lasted, from the offer, or the answer of a dial, to their end.
        first_command_seconds: from an inbound call's offer to the first command of its code.
        calls_crashed: calls whose code crashed: ``run()``, a hook, or the making of its actor.
        callbacks_crashed: callbacks of `Call.on` and ``on_completed`` that raised; their calls went on.
        calls_adopted: calls of other processes, which have died, that are gone on with.
        calls_orphaned: calls of other processes, which have died, that are lost: the server had given their session up.
        calls_outlived: calls whose code went on after their end until it was ended.
        contexts_left: how often the contexts were left because the high mark of active calls was reached.
        dials: outbound dials by outcome (``answered``, ``failed``, ``abandoned``, ``lost``).
        campaigns: outcomes of campaigns, by name of the campaign and result (see `CampaignOutcome`).
        commands_failed: commands that failed, by method, or `OTHER`, and kind: `REFUSED`, `TIMEOUT`, `LOST`, `UNSENT`.
        command_seconds: from writing a command to its reply, refusals included, by method.
        events: events that arrived, by type; types without a class count as `UNKNOWN`.
        events_duplicate: events that were recognised as delivered before.
        events_replaced: progress events that gave way to a newer one while a call's code was too far behind.
        dead_letters: what was dropped because nobody could take it, by reason: `BUSY_CALL`, `BUSY_HANDLERS`,
            `UNMADE_CALL`.
        events_unrouted: events that belonged to nothing known.
        frames_bad: frames that could not be understood or handled, by what was wrong with them.
        replies_unmatched: replies to ids that nobody waits for; they came too late, or never belonged here.
        hub_blocked: how often code kept the hub from running anybody else for longer than the hub guard's limit.
        messages_received: inbound messages.
        messages_accepted: outbound messages that the server accepted.
        messages_sent: outbound messages accepted by the server, by terminal state.
        connections: logins that succeeded.
        connections_ended: connections, and tries at one, that ended, by the name of the error; ``closed`` when the
            client wanted it.
    """

    def __init__(self) -> None:
        self.calls_offered = 0
        self.calls_admitted = 0
        self.calls_refused: Counter[str] = Counter()
        self.offers_left = 0
        self.calls_answered: Counter[str] = Counter()
        self.calls_ended: Counter[str] = Counter()
        self.call_seconds = Histogram(CALL_SECONDS)
        self.first_command_seconds = Histogram()
        self.calls_crashed = 0
        self.callbacks_crashed = 0
        self.calls_adopted = 0
        self.calls_orphaned = 0
        self.calls_outlived = 0
        self.contexts_left = 0
        self.dials: Counter[str] = Counter()
        self.campaigns: Counter[tuple[str, str]] = Counter()
        self.commands_failed: Counter[tuple[str, str]] = Counter()
        self.command_seconds = HistogramsByName()
        self.events: Counter[str] = Counter()
        self.events_duplicate = 0
        self.events_unrouted = 0
        self.events_replaced = 0
        self.dead_letters: Counter[str] = Counter()
        self.frames_bad: Counter[str] = Counter()
        self.replies_unmatched = 0
        self.hub_blocked = 0
        self.messages_received = 0
        self.messages_accepted = 0
        self.messages_sent: Counter[str] = Counter()
        self.connections = 0
        self.connections_ended: Counter[str] = Counter()

    def call_ended(self, reason: str) -> None:
        """Count the end of a call with an actor, whatever reason the server gave."""
        if reason not in _END_REASONS:
            reason = call_state.end_reason(reason)
            reason = reason if reason in _END_REASONS else OTHER
        self.calls_ended[reason] += 1

    def command_failed(self, method: str, kind: str) -> None:
        """Count a command that failed, whatever its method."""
        self.commands_failed[method if method in METHODS else OTHER, kind] += 1
