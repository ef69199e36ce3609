"""Whether a process should get calls: what a probe is told."""

from __future__ import annotations

from relay_actors.telemetry.status import Status

__all__ = ["not_ready", "notes"]


def not_ready(status: Status, lag: float, lag_limit: float) -> tuple[str, ...]:
    """Return why a client should not get calls just now; nothing when it is ready.

    Args:
        status: the client at this moment.
        lag: how late the event loop was lately, in seconds.
        lag_limit: how late it may be, in seconds.
    """
    reasons = []
    connection = status.connection
    if connection.state != "connected":
        why = f": {connection.last_error}" if connection.last_error else ""
        reasons.append(f"not connected: the connection is {connection.state}{why}")
    elif status.calls.draining:
        reasons.append("draining: no new call is taken")
    elif status.fleet is not None and status.fleet.away:
        reasons.append(
            f"host {status.fleet.host} is drained: relay-runtime fleet undrain {status.fleet.host} ends that"
        )
    elif not connection.subscribed:
        reasons.append("not subscribed: the server does not send the calls of every context")
    if lag > lag_limit:
        reasons.append(f"the event loop was {lag:.1f} s late; its limit is {lag_limit:g} s")
    return tuple(reasons)


def notes(status: Status) -> tuple[str, ...]:
    """Return what asks for a look at a client that is ready nevertheless."""
    fleet = status.fleet
    return () if fleet is None or fleet.connected else (f"without its fleet: {fleet.problem}",)
