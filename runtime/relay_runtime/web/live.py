"""What the live view shows: the calls of a sandbox, its sessions, what is armed, and the processes that use it."""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice
from operator import itemgetter
from typing import Any, Final

import msgspec

from relay_actors.telemetry.status import CallStatus
from relay_runtime.sandbox import Run, Sandbox
from relay_runtime.sandbox.calls.session import Session
from relay_runtime.sandbox.faults.faults import Faults
from relay_runtime.sandbox.ground.clock import now
from relay_runtime.sandbox.ground.journal import MASK, masked
from relay_runtime.sandbox.script.transcript import Entry
from relay_runtime.web.apps import App

__all__ = ["Frames", "FramesRead", "Live", "LiveCall", "LiveSession", "live"]

_ENDED: Final = 10  # calls that are over
_MOST_CALLS: Final = 100
_MOST_LINES: Final = 300  # of a timeline
_MOST_CONTEXTS: Final = 100
_MOST_SESSIONS: Final = 50
_PRESSES: Final = "presses "
"""What a line of a transcript of keys begins with."""
_MOST_FRAMES: Final = 200  # of one moment
_RECENT: Final = 100  # frames that a browser is told that comes later


class LiveCall(msgspec.Struct, frozen=True, kw_only=True):
    """One call, as the sandbox has it, and where its code stands, as far as a process says so.

    Attributes:
        age: real seconds since it began; of one that is over, how long it was.
        actions: the operations that are open: ``play``, ``collect``.
        doing: the method that its code waits for, ``code`` or ``idle``; empty when no process tells.
        where: the file and line at which its code stands, or an empty text.
        timeline: what happened, as (seconds, who, what), with numbers and pressed keys masked; its newest lines, and
            only if somebody follows the call.
        earlier: how many lines there were before these.
    """

    call_id: str
    direction: str
    context: str
    state: str
    age: float
    actions: tuple[str, ...] = ()
    kind: str = ""
    doing: str = ""
    where: str = ""
    timeline: tuple[tuple[float, str, str], ...] = ()
    earlier: int = 0


class LiveSession(msgspec.Struct, frozen=True, kw_only=True):
    """One session of a client; ``link`` is ``fine``, ``stalled``, ``half-open``, or ``gone`` without a connection."""

    sessionid: str
    link: str
    contexts: tuple[str, ...]
    unacked: int


class Live(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A moment of the sandbox.

    Attributes:
        more_calls: how many live calls are not in ``calls``.
        armed: the faults that are to happen, or go on, in words.
        counters: what the sandbox counted, by name; nothing that is 0.
        dropped: messages that this browser was too slow for.
    """

    contexts: tuple[str, ...]
    calls: tuple[LiveCall, ...]
    more_calls: int
    sessions: tuple[LiveSession, ...]
    armed: tuple[str, ...]
    counters: dict[str, int]
    apps: tuple[App, ...]
    dropped: int = 0


class Frames(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Frames that have passed, masked, as `Journal.read` has them; ``skipped`` is how many were too many."""

    frames: list[dict[str, Any]]
    skipped: int = 0


def live(sandbox: Sandbox, apps: tuple[App, ...], told: dict[str, CallStatus], followed: Collection[str] = ()) -> Live:
    """Return this moment of a sandbox. Never blocks.

    Args:
        sandbox: it.
        apps: the processes that use it.
        told: what they say of their calls, by id.
        followed: the calls, by id, that are shown with their timeline.
    """
    up = [call.run for call in islice(sandbox.exchange.calls.values(), _MOST_CALLS)]
    over = [run for run in islice(reversed(sandbox.exchange.runs), _MOST_CALLS) if run.outcome is not None][:_ENDED]
    sessions = tuple(map(_session, sandbox.sessions()[-_MOST_SESSIONS:]))
    return Live(
        contexts=tuple(sandbox.exchange.contexts()[:_MOST_CONTEXTS]),
        calls=tuple(_call(run, told.get(run.call_id), is_followed=run.call_id in followed) for run in (*up, *over)),
        more_calls=len(sandbox.exchange.calls) - len(up),
        sessions=sessions,
        armed=tuple(_armed(sandbox.faults, sessions)),
        counters={name: count for name, count in sandbox.counters.as_dict().items() if count},
        apps=apps,
    )


def _call(run: Run, told: CallStatus | None, *, is_followed: bool) -> LiveCall:
    outcome, call = run.outcome, run.call
    shown = LiveCall(
        call_id=run.call_id,
        direction="inbound" if run.who == "caller" else "outbound",
        context=getattr(run.script, "context", ""),
        state="ended" if outcome is not None or call is None else call.state,
        age=outcome.seconds if outcome is not None else now() - call.began if call is not None else 0.0,
        actions=() if outcome is not None or call is None else tuple(kind for kind, _ in call.actions),
        timeline=tuple(map(_line, run.transcript[-_MOST_LINES:])) if is_followed else (),
        earlier=max(0, len(run.transcript) - _MOST_LINES) if is_followed else 0,
    )
    if told is None or outcome is not None:
        return shown
    return msgspec.structs.replace(shown, kind=told.kind, doing=told.doing, where=told.where)


def _line(entry: Entry) -> tuple[float, str, str]:
    what = f"{_PRESSES}{MASK}" if entry.what.startswith(_PRESSES) else masked(entry.what)
    return round(entry.at, 3), entry.who, what


def _session(session: Session) -> LiveSession:
    return LiveSession(
        sessionid=session.sessionid,
        link="gone" if session.peer is None else session.peer.link.state,
        contexts=tuple(sorted(session.contexts)[:_MOST_CONTEXTS]),
        unacked=session.unacked,
    )


def _armed(faults: Faults, sessions: tuple[LiveSession, ...]) -> list[str]:
    told = [f"the connection is {each.link}" for each in sessions if each.link in {"stalled", "half-open"}]
    if faults.refusals:
        several = faults.refusals > 1
        told.append(
            f"the next {faults.refusals} connections are refused" if several else "the next connection is refused"
        )
    if faults.disturbance.delay:
        told.append(f"every frame is {faults.disturbance.delay:g} s late")
    told += [f"{arm.method}: armed, {arm.times} times" for arm in faults.arms]
    return told + [f"{arm.event_type}: armed, {arm.times} times" for arm in faults.event_arms]


class FramesRead:
    """Reads the journals of a sandbox from where it has come to. Never blocks.

    Args:
        sandbox: it.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._exchange = sandbox.exchange
        self._number = 0

    def next(self) -> Frames | None:
        """Return the frames since the last time, or None when there are none."""
        read = self._after(self._number)
        if not read:
            return None
        skipped = read[-1]["number"] - self._number - len(read)  # too many, or gone from journals that were full
        self._number = read[-1]["number"]
        return Frames(frames=read, skipped=skipped)

    def recent(self) -> list[dict[str, Any]]:
        """Return the newest frames, up to those that `next` goes on with."""
        if not self._number:
            self.next()
        return [entry for entry in self._after(self._number - _RECENT) if entry["number"] <= self._number]

    def _after(self, number: int) -> list[dict[str, Any]]:
        read = [
            {**entry, "session": sessionid or ""}
            for sessionid, journal in self._exchange.journals()
            for entry in journal.read(number, _MOST_FRAMES)
        ]
        return sorted(read, key=itemgetter("number"))[-_MOST_FRAMES:]
