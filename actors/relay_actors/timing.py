"""Every delay and limit of the runtime in one immutable value, so that a test owns its time."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import msgspec

__all__ = ["Timing"]


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """Delays in seconds and limits in pieces; the defaults suit production.

    Each is a number from 0, those of the backoff above 0.

    Attributes:
        request_timeout: how long a command waits for its reply, the time in the outbox included.
        connect_timeout: how long one login may take from opening the socket to the reply.
        probe_idle: after this long without a frame from the server, a ping of our own is sent.
        probe_timeout: the ping must be answered within this, or the socket counts as dead.
        backoff_first: ceiling of the first reconnect delay.
        backoff_limit: ceiling of every reconnect delay.
        backoff_limit_live: as ``backoff_limit``, if that is not lower, while calls or dials are live: a server keeps
            their session for a short time only.
        healthy_after: a login that lasted this long resets the backoff.
        refusals_allowed: refused logins before the first success that end the client.
        refusals_allowed_later: refused logins in a row that end a client that was logged in before; None: never.
        offline_limit: calls and dials of the session are given up after this long without a connection; None: never.
        restart_intensity: how often actors of the client may be started again after a failure of their own, within
            ``restart_period``; once more, and the client fails.
        restart_period: see ``restart_intensity``.
        outbox_limit: commands that may wait while there is no connection.
        call_linger: how long an ended call waits for late results (a recording's url); and how long the legs that lost
            a dial may take to end, before they are ended from here.
        code_linger: how long the code of a call (``run()``, hooks, callbacks) may go on after the call's end, before it
            is ended: at least this long, at most half as long again. None leaves it alone.
        callback_patience: how long a callback (`Call.on`, ``on_completed``) may wait for other code of its call before
            the line that it waits for is named in a warning. None says nothing.
        events_waiting: events that may wait for the code of one call while it is busy; beyond it, progress gives way.
        handlers_at_once: handlers of messages that may run at once; and as many of events and tasks.
        handlers_waiting: how many more of each may wait for their turn.
        dial_timeout: how long a dial waits for an answer.
        message_ttl: how long a sent message is watched for its terminal state.
        early_ttl: how long the state of a message that is not known yet is kept.
        close_timeout: how long a clean close of the socket may take.
        stop_timeout: how long ``disconnect()`` waits for live calls to end after hanging them up.
        hangup_timeout: how long ``disconnect()`` waits for a connection, if there is none, to hang up what is up.
        takeover_after: for how long a process that has a ledger may be stopped or blocked before another one takes its
            calls over; longer than the server keeps its session is too long. None waits for its death.

    Raises:
        ValueError: a value is out of range or of another type.
    """

    request_timeout: float = 10.0
    connect_timeout: float = 10.0
    probe_idle: float = 10.0
    probe_timeout: float = 5.0
    backoff_first: float = 1.0
    backoff_limit: float = 30.0
    backoff_limit_live: float = 2.0
    healthy_after: float = 10.0
    refusals_allowed: int = 3
    refusals_allowed_later: int | None = None
    offline_limit: float | None = 300.0
    restart_intensity: int = 5
    restart_period: float = 30.0
    outbox_limit: int = 500
    call_linger: float = 10.0
    code_linger: float | None = 30.0
    callback_patience: float | None = 5.0
    events_waiting: int = 1_000
    handlers_at_once: int = 1_000
    handlers_waiting: int = 10_000
    dial_timeout: float = 120.0
    message_ttl: float = 3600.0
    early_ttl: float = 10.0
    close_timeout: float = 2.0
    stop_timeout: float = 2.0
    hangup_timeout: float = 5.0
    takeover_after: float | None = 15.0

    def __post_init__(self) -> None:
        for name, kind in _kinds().items():
            _check(name, getattr(self, name), kind)


@cache
def _kinds() -> dict[str, Any]:
    return {field.name: field.type for field in msgspec.structs.fields(Timing)}


def _check(name: str, value: object, kind: Any) -> None:
    if value is None and isinstance(None, kind):
        return
    pause = name.startswith("backoff_")  # of 0 seconds it would be none, and tries would come as fast as they fail
    number = value if isinstance(value, kind | int) and not isinstance(value, bool) else None
    if isinstance(number, int | float) and (number > 0 if pause else number >= 0) and number < math.inf:
        return
    what = "a whole number" if isinstance(0, kind) else "a number of seconds"
    bound = "above 0" if pause else "from 0"
    raise ValueError(f"{name} is {value!r}; accepted is {what} {bound}{', or None' if isinstance(None, kind) else ''}")
