"""What the control port shows of the things in the sandbox."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from relay_runtime.sandbox.calls.call import Call
from relay_runtime.sandbox.calls.exchange import Exchange
from relay_runtime.sandbox.calls.session import Session
from relay_runtime.sandbox.control.listener import Listener
from relay_runtime.sandbox.faults.faults import Faults
from relay_runtime.sandbox.ground.settings import Settings
from relay_runtime.sandbox.script.run import Run

__all__ = ["arms", "call", "calls", "is_about", "run", "session", "sessions", "settings", "status"]

View = dict[str, Any]


def status(exchange: Exchange, listener: Listener) -> View:
    """Show where the sandbox is and how it does."""
    ground = exchange.ground
    return {
        "url": listener.url,
        "control_url": listener.control_url,
        "project": ground.settings.project,
        "node_id": ground.node_id,
        "time_scale": ground.settings.time_scale,
        "timers": ground.clock.pending,
        "sessions": len(exchange.sessions),
        "calls": len(exchange.calls),
        "counters": ground.counters.as_dict(),
        "internal_errors": [repr(error) for error in ground.errors],
    }


def settings(values: Settings) -> View:
    """Show the settings, without credentials."""
    shown = asdict(values)
    del shown["token"], shown["jwt_token"]
    return shown


def sessions(exchange: Exchange) -> View:
    """Show the live sessions and the last ones that are over, by their beginning."""
    return {"sessions": [session(each) for each in exchange.known_sessions()]}


def session(each: Session) -> View:
    """Show a session."""
    return {
        "sessionid": each.sessionid,
        "protocol": each.protocol,
        "connected": each.peer is not None,
        "over": each.over,
        "began_at": each.began,
        "ended_at": each.ended,
        "end_reason": each.end_reason,
        "contexts": sorted(each.contexts),
        "version": each.major,
        "logins": each.logins,
        "unacked_events": each.unacked,
        "queued_events": each.queued,
        "calls": list(each.calls),
        "journal_frames": len(each.journal),
        "journal_dropped": each.journal.dropped,
    }


def calls(exchange: Exchange) -> View:
    """Show the live calls, oldest first."""
    return {"calls": [call(each) for each in exchange.calls.values()]}


def call(each: Call) -> View:
    """Show a live call."""
    return {
        "call_id": each.call_id,
        "direction": each.direction,
        "state": each.state,
        "context": each.context,
        "tag": each.tag,
        "sessionid": each.session.sessionid if each.session else None,
        "actions": [{"kind": kind, "control_id": control_id} for kind, control_id in each.actions],
        "heard": [sound.words for sound in each.line.heard],
    }


def run(each: Run) -> View:
    """Show a script on a call: its outcome when it is over, its state before."""
    shown: View = {"call_id": each.call_id, "status": each.status.value, "outcome": None}
    if each.call is not None:
        shown["call"] = call(each.call)
    if each.outcome is not None:
        outcome = asdict(each.outcome)
        outcome["transcript"] = [{**e._asdict(), "at": round(e.at, 4)} for e in each.outcome.transcript]
        outcome["seconds"] = round(each.outcome.seconds, 4)
        shown["outcome"] = outcome
    return shown


def arms(faults: Faults) -> View:
    """Show what is armed."""
    return {"arms": [arm.as_dict() for arm in faults.arms] + [arm.as_dict() for arm in faults.event_arms]}


def is_about(entry: View, wanted: str) -> bool:
    """Tell whether a frame of a journal is a request of a method, or an event of a type."""
    frame = entry.get("frame")
    if not isinstance(frame, dict):
        return False
    params = frame.get("params")
    event_type = params.get("event_type") if isinstance(params, dict) else None
    return wanted in {frame.get("method"), event_type}
