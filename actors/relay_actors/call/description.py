"""What a call is doing, read from the call itself: its open operations, and where its code stands."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from types import FrameType
from typing import Any

from gevent import getcurrent

from relay_actors.call.actions import Action
from relay_actors.call.facts import CallFacts
from relay_actors.kit import clock
from relay_actors.kit.stack import place, user_frame
from relay_actors.telemetry.status import CallStatus

__all__ = ["describe_call"]


def describe_call(
    facts: CallFacts,
    worker: Any,
    operations: Iterable[Action],
    *,
    mailbox: int,
    jobs: int,
    elsewhere: tuple[str, str] | None = None,
) -> CallStatus:
    """Return the status of a call; for its own actor, in its own turn.

    Args:
        facts: what is known of the call.
        worker: the greenlet that runs its code, or None.
        operations: what is open on it.
        mailbox: how many messages wait for it.
        jobs: how many hooks and callbacks wait for its code.
        elsewhere: what code that is run elsewhere does, and where it stands; or None.
    """
    if worker is getcurrent():
        frame: FrameType | None = sys._getframe()  # a parked worker applies the mail itself: this message too
    else:
        frame = None if worker is None else worker.gr_frame
    if worker is None and elsewhere is not None:
        doing, where = elsewhere
    else:
        doing = "idle" if worker is None else _doing(frame)
        where = "" if frame is None else place(user_frame(frame) or frame)
    return CallStatus(
        call_id=facts.call_id,
        kind=facts.kind,
        direction=facts.direction,
        context=facts.context,
        state=facts.state,
        age=clock.monotonic() - facts.born,
        doing=doing,
        where=where,
        actions=tuple(
            {"method": action.METHOD, "control_id": action.control_id, "state": action.state or "started"}
            for action in operations
        ),
        mailbox=mailbox,
        jobs=jobs,
        timeline=tuple((at - facts.born, state) for at, state in facts.history),
    )


def _doing(frame: FrameType | None) -> str:
    """Return what of ours a stack waits in: a command's method, an operation's method, or an event's type."""
    while frame is not None:
        module = str(frame.f_globals.get("__name__"))
        if module.startswith("relay_actors.") and (what := _named(frame)):
            return what
        frame = frame.f_back
    return "code"


def _named(frame: FrameType) -> str:
    names, function = frame.f_locals, frame.f_code.co_name
    if function == "command":
        return str(names.get("method", ""))
    if function == "wait_for":
        return f"wait_for {names.get('event_type', '')}"
    if function == "wait":
        return str(getattr(names.get("self"), "METHOD", ""))
    return ""
