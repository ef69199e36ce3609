"""Describes a client at one moment, in immutable values: for people, scripts and probes.

Durations are seconds, ages too. Nothing here holds a secret or the number of a caller.
"""

from __future__ import annotations

from typing import Any

import msgspec

from relay_actors.kit.child import ActorStatus

__all__ = ["CallStatus", "CallsStatus", "ConnectionStatus", "FleetStatus", "QueuesStatus", "Status"]


class ConnectionStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The connection to the server.

    Attributes:
        state: ``stopped``, ``connecting``, ``connected``, ``waiting`` or ``failed``.
        endpoint: ``host:port`` of the server.
        attempts: tries that failed since the last healthy connection.
        next_try_in: seconds until the next try, or None when none is due.
        up_for: seconds since the login, or None while there is none.
        logins: logins that succeeded, since the client was made.
        last_error: why the last connection ended or the last try failed, or an empty string.
        contexts: the desired contexts.
        subscribed: whether the server has them all: connected, and not left for a drain or an overload.
    """

    state: str
    endpoint: str = ""
    attempts: int = 0
    next_try_in: float | None = None
    up_for: float | None = None
    logins: int = 0
    last_error: str = ""
    contexts: tuple[str, ...] = ()
    subscribed: bool = False


class CallsStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The calls, counted.

    Attributes:
        live: calls that have an actor, in both directions.
        active: inbound calls that take a slot of ``limit``.
        limit: ``max_active_calls``.
        dials: dials whose outcome is not known yet.
        draining: whether no new call is made or taken any more.
    """

    live: int = 0
    active: int = 0
    limit: int = 0
    dials: int = 0
    draining: bool = False


class QueuesStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What waits, counted.

    Attributes:
        outbox: commands that wait for a connection.
        outbox_limit: how many may.
        pending: commands whose reply is awaited.
        messages: sent messages whose terminal state is awaited.
    """

    outbox: int = 0
    outbox_limit: int = 0
    pending: int = 0
    messages: int = 0


class FleetStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A client in its fleet.

    Attributes:
        host: the name of its host there.
        connected: whether the engine of the fleet answers.
        problem: why it does not, or an empty string.
        members: how many processes the fleet has, as was seen last.
        away: whether the client gets no new calls, since its host is drained.
        claims: ledgers of other hosts' processes that it has taken over.
        losses: ledgers of its own that others have taken over.
        failures: how often the engine did not answer.
    """

    host: str
    connected: bool = False
    problem: str = "the engine has not answered yet"
    members: int = 0
    away: bool = False
    claims: int = 0
    losses: int = 0
    failures: int = 0


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """A client at one moment.

    Attributes:
        connection: the connection to the server.
        calls: the calls, counted.
        queues: what waits, counted.
        actors: the tree, parents before their children; calls are not listed here.
        taken: when it was taken, in epoch seconds.
        fleet: the client in its fleet; None: it is in none.
    """

    connection: ConnectionStatus
    calls: CallsStatus
    queues: QueuesStatus
    actors: tuple[ActorStatus, ...]
    taken: float
    fleet: FleetStatus | None = None


class CallStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One live call.

    Attributes:
        call_id: the call's id.
        kind: the name of its class.
        direction: ``inbound`` or ``outbound``.
        context: the context it arrived on, or an empty string.
        state: ``created``, ``ringing``, ``answered``, ``ending`` or ``ended``.
        age: seconds since its actor was made.
        doing: what its code is in: the method of the command or operation it waits for, such as ``calling.play``;
            ``code`` when it is in nothing of ours, ``making`` while its actor is made, ``idle`` when it runs no code.
        where: the file and line at which its code stands, or an empty string when it runs none.
        actions: the operations that are open, each with its method and its state.
        mailbox: how many messages wait in its mailbox.
        jobs: how many hooks and callbacks wait for its code.
        timeline: what happened: pairs of seconds since its actor was made, and a state.
    """

    call_id: str
    kind: str
    direction: str
    context: str
    state: str
    age: float
    doing: str = "idle"
    where: str = ""
    actions: tuple[dict[str, Any], ...] = ()
    mailbox: int = 0
    jobs: int = 0
    timeline: tuple[tuple[float, str], ...] = ()
