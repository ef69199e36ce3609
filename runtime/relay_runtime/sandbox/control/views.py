"""What the control port shows of the things in the sandbox."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from relay_runtime.sandbox.calls.call import Call
    from relay_runtime.sandbox.calls.session import Session
    from relay_runtime.sandbox.faults.faults import Faults
    from relay_runtime.sandbox.ground.settings import Settings
    from relay_runtime.sandbox.sandbox import Sandbox
    from relay_runtime.sandbox.script.run import Run

View = dict[str, Any]


def status(sandbox: "Sandbox") -> View:
    """Show where the sandbox is and how it does."""
    return {
        "url": sandbox.url,
        "control_url": sandbox.control_url,
        "project": sandbox.project,
        "node_id": sandbox.exchange.node_id,
        "time_scale": sandbox.settings.time_scale,
        "timers": sandbox.exchange.clock.pending,
        "sessions": len(sandbox.exchange.sessions),
        "calls": len(sandbox.exchange.calls),
        "counters": sandbox.counters.as_dict(),
        "internal_errors": [repr(error) for error in sandbox.errors],
    }


def settings(values: "Settings") -> View:
    """Show the settings, without credentials."""
    shown = asdict(values)
    del shown["token"], shown["jwt_token"]
    return shown


def session(each: "Session") -> View:
    """Show a session."""
    return {
        "sessionid": each.sessionid,
        "protocol": each.protocol,
        "connected": each.peer is not None,
        "over": each.over,
        "contexts": sorted(each.contexts),
        "version": each.major,
        "logins": each.logins,
        "unacked_events": each.unacked,
        "queued_events": each.queued,
        "calls": list(each.calls),
        "journal_frames": len(each.journal),
        "journal_dropped": each.journal.dropped,
    }


def call(each: "Call") -> View:
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


def run(each: "Run") -> View:
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


def arms(faults: "Faults") -> View:
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
