"""Every metric: its name, its type, its labels, what it means, and where it is read.

This table is the only place that names metrics: the collector, the page ``docs/metrics.md`` and the test of the
dashboard are made from it. Names and units follow Prometheus' conventions; no label holds a number of a caller, an id,
or anything else that has no bound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

import msgspec

from relay_actors.telemetry.histogram import CALL_SECONDS, REPLY_SECONDS, Histogram
from relay_actors.telemetry.stats import BUSY_CALL, BUSY_HANDLERS, UNMADE_CALL, Stats
from relay_actors.telemetry.status import FleetStatus, Status
from relay_runtime.metrics.samples import MetricSamples

__all__ = ["CLIENT_FAMILIES", "FAMILIES", "PARENT_FAMILIES", "Family", "Reading", "Value", "counted"]

Value = int | float | Histogram
Labelled = Iterable[tuple[tuple[str, ...], Value]]
Reader = Callable[["Reading"], Labelled]


class Reading(msgspec.Struct, frozen=True):
    """What one client tells at one moment.

    Attributes:
        stats: what it has counted.
        status: what it looks like.
    """

    stats: Stats
    status: Status


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """One metric.

    Attributes:
        name: its name; that of a counter without ``_total``, which Prometheus adds.
        kind: ``counter``, ``gauge`` or ``histogram``.
        meaning: what it counts or measures, for the page and the exposition.
        labels: the names of its labels.
        read: returns the values of one client, by the values of the labels; None for what is not a client's.
        bounds: the upper bounds of a histogram's buckets, in seconds.
    """

    name: str
    kind: str
    meaning: str
    labels: tuple[str, ...] = ()
    read: Reader | None = None
    bounds: tuple[float, ...] = ()

    @property
    def exposed(self) -> str:
        """The name under which its samples are found; a histogram's have a further suffix."""
        return f"{self.name}_total" if self.kind == "counter" else self.name


def _one(read: Callable[[Reading], Value]) -> Reader:
    """Return a reader of a metric without labels."""
    return lambda reading: [((), read(reading))]


def _by(read: Callable[[Reading], Mapping[str, Value]], *always: str) -> Reader:
    """Return a reader of a metric with one label; the values in ``always`` are there from the start, as 0."""
    return lambda reading: {**{(name,): 0 for name in always}, **{(k,): v for k, v in read(reading).items()}}.items()


def _mailboxes(reading: Reading) -> Labelled:
    return (((actor.name,), actor.mailbox) for actor in reading.status.actors)


def _restarts(reading: Reading) -> Labelled:
    return (((actor.name,), actor.restarts_total) for actor in reading.status.actors)


def _running(reading: Reading) -> Labelled:
    return (((actor.name,), int(actor.state == "running")) for actor in reading.status.actors)


def _counter(name: str, meaning: str, read: Reader | None = None, *labels: str) -> Family:
    return Family(name=name, kind="counter", meaning=meaning, labels=labels, read=read)


def _gauge(name: str, meaning: str, read: Reader | None = None, *labels: str) -> Family:
    return Family(name=name, kind="gauge", meaning=meaning, labels=labels, read=read)


def _histogram(
    name: str, meaning: str, read: Reader | None = None, *labels: str, bounds: tuple[float, ...] = REPLY_SECONDS
) -> Family:
    return Family(name=name, kind="histogram", meaning=meaning, labels=labels, read=read, bounds=bounds)


def _queue(name: str) -> Reader:
    return _one(lambda r: getattr(r.status.queues, name))


def _calls(name: str) -> Reader:
    return _one(lambda r: int(getattr(r.status.calls, name)))


def _fleet(read: Callable[[FleetStatus], int]) -> Reader:
    return lambda r: () if r.status.fleet is None else (((), read(r.status.fleet)),)


def _stat(name: str) -> Reader:
    return _one(lambda r: getattr(r.stats, name))


CLIENT_FAMILIES: Final[tuple[Family, ...]] = (
    _gauge("relay_clients", "Clients that are watched.", _one(lambda _: 1)),
    _gauge(
        "relay_connection_up",
        "Clients whose connection is logged in.",
        _one(lambda r: int(r.status.connection.state == "connected")),
    ),
    _gauge(
        "relay_connection_subscribed",
        "Clients that get the calls of all their contexts: connected, and not left for a drain or an overload.",
        _one(lambda r: int(r.status.connection.subscribed)),
    ),
    _gauge(
        "relay_connection_failed_tries",
        "Tries to connect that failed since the last healthy connection.",
        _one(lambda r: r.status.connection.attempts),
    ),
    _counter("relay_connection_logins", "Logins that succeeded.", _stat("connections")),
    _counter(
        "relay_connection_ends",
        "Connections, and tries at one, that ended, by the name of the error; closed when the client wanted it.",
        _by(lambda r: r.stats.connections_ended, "closed"),
        "reason",
    ),
    # Calls
    _counter(
        "relay_calls_offered", "Inbound calls offered, each once however often delivered.", _stat("calls_offered")
    ),
    _counter("relay_calls_admitted", "Inbound calls that got an actor.", _stat("calls_admitted")),
    _counter(
        "relay_calls_refused",
        "Inbound calls that got no actor: beyond the cap (drop, pass, busy), passed on while draining (drain), "
        "or without a handler (unserved).",
        _by(lambda r: r.stats.calls_refused, "busy", "drain", "drop", "pass", "unserved"),
        "policy",
    ),
    _counter(
        "relay_offers_left",
        "Inbound calls whose handler did not touch them: they were left to others.",
        _stat("offers_left"),
    ),
    _counter(
        "relay_calls_answered",
        "Calls with an actor that were answered.",
        _by(lambda r: r.stats.calls_answered, "inbound", "outbound"),
        "direction",
    ),
    _counter(
        "relay_calls_ended",
        "Calls with an actor that ended, by their end reason.",
        _by(lambda r: r.stats.calls_ended),
        "reason",
    ),
    _counter(
        "relay_calls_crashed",
        "Calls whose code crashed: run(), a hook, or the making of their actor.",
        _stat("calls_crashed"),
    ),
    _counter(
        "relay_callbacks_crashed",
        "Callbacks of calls (on(), on_completed) that raised; their calls went on.",
        _stat("callbacks_crashed"),
    ),
    _counter(
        "relay_calls_adopted",
        "Calls of other processes, which have died, that are gone on with.",
        _stat("calls_adopted"),
    ),
    _counter(
        "relay_calls_orphaned",
        "Calls of other processes, which have died, that are lost: the server had given their session up.",
        _stat("calls_orphaned"),
    ),
    _gauge(
        "relay_fleet_connected",
        "Clients of a fleet whose engine answers.",
        _fleet(lambda fleet: int(fleet.connected)),
    ),
    _gauge("relay_fleet_clients", "Clients that are in a fleet.", _fleet(lambda _: 1)),
    _gauge(
        "relay_fleet_drained",
        "Clients that get no new calls, since their host is drained.",
        _fleet(lambda f: int(f.away)),
    ),
    _counter(
        "relay_fleet_claims", "Ledgers of other hosts' processes that were taken over.", _fleet(lambda f: f.claims)
    ),
    _counter(
        "relay_fleet_losses", "Ledgers that processes of other hosts have taken over.", _fleet(lambda f: f.losses)
    ),
    _counter("relay_fleet_failures", "How often the engine of the fleet did not answer.", _fleet(lambda f: f.failures)),
    _counter(
        "relay_calls_outlived", "Calls whose code went on after their end until it was ended.", _stat("calls_outlived")
    ),
    _counter(
        "relay_contexts_left",
        "How often the contexts were left because the high mark of active calls was reached.",
        _stat("contexts_left"),
    ),
    _gauge("relay_calls_live", "Calls that have an actor, in both directions.", _calls("live")),
    _gauge("relay_calls_active", "Inbound calls that take a slot.", _calls("active")),
    _gauge("relay_calls_limit", "Slots for inbound calls: max_active_calls.", _calls("limit")),
    _gauge("relay_draining", "Clients that drain: they neither take nor make calls.", _calls("draining")),
    _histogram(
        "relay_call_duration_seconds",
        "How long calls with an actor lasted, from the offer, or the answer of a dial, to their end.",
        _one(lambda r: r.stats.call_seconds),
        bounds=CALL_SECONDS,
    ),
    _histogram(
        "relay_call_first_command_seconds",
        "From an inbound call's offer to the first command of its code.",
        _one(lambda r: r.stats.first_command_seconds),
    ),
    _counter(
        "relay_dials",
        "Outbound dials whose outcome is known.",
        _by(lambda r: r.stats.dials, "abandoned", "answered", "failed", "lost"),
        "outcome",
    ),
    _gauge("relay_dials_pending", "Outbound dials whose outcome is not known yet.", _calls("dials")),
    _counter(
        "relay_campaign_outcomes",
        "Outcomes of the items of campaigns.",
        lambda r: r.stats.campaigns.items(),
        "campaign",
        "outcome",
    ),
    # Commands
    _histogram(
        "relay_command_duration_seconds",
        "From writing a command to its reply, refusals included.",
        _by(lambda r: r.stats.command_seconds),
        "method",
    ),
    _counter(
        "relay_commands_failed",
        "Commands that failed: refused by the server, timeout after they were sent, lost with the connection, "
        "or unsent because there was none.",
        lambda r: r.stats.commands_failed.items(),
        "method",
        "kind",
    ),
    _gauge("relay_commands_pending", "Commands whose reply is awaited.", _queue("pending")),
    _gauge("relay_outbox_commands", "Commands that wait for a connection.", _queue("outbox")),
    _gauge("relay_outbox_limit", "Commands that may wait for a connection.", _queue("outbox_limit")),
    # Events
    _counter(
        "relay_events",
        "Events that arrived, repeated ones too; types that have no class here count as unknown.",
        _by(lambda r: r.stats.events, "unknown"),
        "type",
    ),
    _counter("relay_events_duplicate", "Events recognised as delivered before.", _stat("events_duplicate")),
    _counter(
        "relay_events_replaced",
        "Progress events that gave way to a newer one while a call's code was too far behind.",
        _stat("events_replaced"),
    ),
    _counter(
        "relay_dead_letters",
        "Events and messages that were dropped because nobody could take them: a call whose code is too far behind, "
        "a call whose actor is still being made, or too many handlers that run and wait.",
        _by(lambda r: r.stats.dead_letters, BUSY_CALL, BUSY_HANDLERS, UNMADE_CALL),
        "reason",
    ),
    _counter("relay_events_unrouted", "Events that belonged to nothing known.", _stat("events_unrouted")),
    _counter(
        "relay_frames_bad",
        "Frames that could not be understood or handled, by what was wrong with them.",
        _by(lambda r: r.stats.frames_bad),
        "kind",
    ),
    _counter(
        "relay_replies_unmatched",
        "Replies that nobody waited for: they came too late, or never belonged here.",
        _stat("replies_unmatched"),
    ),
    # Messages
    _counter("relay_messages_received", "Inbound text messages.", _stat("messages_received")),
    _counter("relay_messages_accepted", "Outbound text messages that the server accepted.", _stat("messages_accepted")),
    _counter(
        "relay_messages_finished",
        "Accepted messages by their last state; expired when none came in time.",
        _by(lambda r: r.stats.messages_sent, "delivered", "expired", "failed", "undelivered"),
        "state",
    ),
    _gauge("relay_messages_pending", "Accepted messages whose last state is awaited.", _queue("messages")),
    # Actors
    _gauge("relay_mailbox_messages", "Messages that wait in the mailbox of an actor of the tree.", _mailboxes, "actor"),
    _counter("relay_actor_restarts", "How often an actor of the tree was started again.", _restarts, "actor"),
    _gauge("relay_actor_running", "Actors of the tree that run.", _running, "actor"),
    # Process
    _counter(
        "relay_hub_blocked",
        "How often code kept the event loop from running anybody else for longer than the hub guard's limit.",
        _stat("hub_blocked"),
    ),
    _histogram(
        "relay_hub_lag_seconds",
        "How late a timer of the event loop was, looked at ten times a second: what every call waits for.",
    ),
    _counter(
        "relay_log_lines_dropped",
        "Lines of the log that were not written: their reader was too slow, or the disk full.",
    ),
    _gauge("relay_info", "Processes, by the versions that they run.", None, "version", "python", "gevent"),
)
"""What a collector exposes, in this order."""

PARENT_FAMILIES: Final[tuple[Family, ...]] = (
    _gauge(
        "relay_workers",
        "Worker processes, by how far they have come; silent when one should serve calls and does not answer.",
        None,
        "state",
    ),
    _counter("relay_worker_restarts", "How often a worker was started again after its death."),
    _counter("relay_worker_timeouts", "How often a worker was killed because it was silent for too long."),
    _counter(
        "relay_calls_left_up",
        "Calls that a worker may have left up at the server: it died, or the server took no hang-up of them.",
    ),
)
"""What the parent of several workers exposes besides."""

FAMILIES: Final = (*CLIENT_FAMILIES, *PARENT_FAMILIES)
"""Every metric."""

_BY_NAME: Final = {family.name: family for family in FAMILIES}


def counted(name: str, counts: Mapping[str, float]) -> MetricSamples:
    """Return the samples of a family: a value for each value of its label, or one alone if it has no label."""
    family = _BY_NAME[name]
    values = ((family.exposed, dict.fromkeys(family.labels, each), float(count)) for each, count in counts.items())
    return MetricSamples(name, family.kind, family.meaning, tuple(values))
