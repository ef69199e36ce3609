"""The telephone exchange: sessions, calls, routing, and who answers which number."""

from __future__ import annotations

import itertools
import re
from collections import OrderedDict, deque
from typing import TYPE_CHECKING, Final

from relay_runtime.sandbox.calls.call import Call
from relay_runtime.sandbox.calls.conferences import Conferences
from relay_runtime.sandbox.calls.course import Foresight
from relay_runtime.sandbox.calls.messages import Messages
from relay_runtime.sandbox.calls.queues import Queues
from relay_runtime.sandbox.calls.requests import Requests
from relay_runtime.sandbox.calls.session import Session
from relay_runtime.sandbox.faults.faults import Faults
from relay_runtime.sandbox.ground import frames
from relay_runtime.sandbox.ground.ground import Ground
from relay_runtime.sandbox.ground.journal import Journal
from relay_runtime.sandbox.ground.watchers import Watchers
from relay_runtime.sandbox.script.run import Run, Status
from relay_runtime.sandbox.script.script import Callee, Caller

if TYPE_CHECKING:
    from relay_runtime.sandbox.server.peer import Peer

__all__ = ["Exchange", "TakenError"]

_ENDED_CALLS_KEPT: Final = 50_000  # ids that are answered with 410 rather than 404
_RUNS_KEPT: Final = 10_000
_ENDED_SESSIONS_KEPT: Final = 20
_CALL_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~:-]{0,127}")


class TakenError(ValueError):
    """An id that somebody gave is the one of another call."""


class Exchange:
    """Everything that lives in one sandbox; all of it runs in one thread's hub.

    Args:
        ground: what it stands on.
        seed: seeds the faults that happen by chance.
    """

    def __init__(self, ground: Ground, seed: int = 0) -> None:
        self.ground = ground
        self.faults = Faults(self, seed)
        self.messages = Messages(self)
        self.sessions: dict[str, Session] = {}
        self.ended_sessions: deque[Session] = deque(maxlen=_ENDED_SESSIONS_KEPT)
        self.peers: dict[Peer, None] = {}  # in the order in which they came
        self.calls: dict[str, Call] = {}
        self.ended_calls: OrderedDict[str, None] = OrderedDict()
        self.callees: dict[str, Callee] = {}
        self.runs: deque[Run] = deque(maxlen=_RUNS_KEPT)
        self.run_watchers: Watchers[Run] = Watchers()
        self.foresight: Foresight | None = None
        self.queues = Queues()
        self.conferences = Conferences()
        self.lobby = Journal.of(ground.settings, ground.frames)
        self.requests = Requests(self)
        self._turn = itertools.count()

    def forget_session(self, session: Session) -> None:
        """Drop a session that is over; its journal can be read for some time."""
        self.sessions.pop(session.protocol, None)
        self.ended_sessions.append(session)
        self.ground.counters.sessions_ended += 1

    def session(self, sessionid: str | None) -> Session:
        """Return a session by its id, also one that is over; for None the newest live one.

        Raises:
            LookupError: there is none.
        """
        session = self.find_session(sessionid)
        if session is None:
            raise LookupError("no session has this id" if sessionid else "no session is live")
        return session

    def find_session(self, sessionid: str | None) -> Session | None:
        """Return a session as ``session`` does, or None."""
        if sessionid is None:
            return next(reversed(self.sessions.values()), None)
        known = itertools.chain(self.sessions.values(), reversed(self.ended_sessions))
        return next((session for session in known if session.sessionid == sessionid), None)

    def known_sessions(self) -> list[Session]:
        """Return the live sessions and the last ones that are over, by their beginning."""
        return sorted([*self.ended_sessions, *self.sessions.values()], key=lambda session: session.began)

    def journals(self) -> list[tuple[str | None, Journal]]:
        """Return every journal: those of sessions, with the sessionid, and those of connections without a login."""
        found: list[tuple[str | None, Journal]] = [(each.sessionid, each.journal) for each in self.known_sessions()]
        found += [(None, peer.journal) for peer in self.peers if peer.session is None]
        return [*found, (None, self.lobby)]

    def clear_journals(self, sessionid: str | None = None) -> None:
        """Forget the frames of a session, or all there are.

        Raises:
            LookupError: no session has this id.
        """
        found = [self.session(sessionid).journal] if sessionid else [journal for _, journal in self.journals()]
        for journal in found:
            journal.clear()

    def contexts(self) -> list[str]:
        """Return the contexts that somebody has subscribed to, in the order of the alphabet."""
        return sorted({context for session in self.sessions.values() for context in session.contexts})

    def subscriber(self, context: str, *, without: set[str] | None = None) -> Session | None:
        """Return the session whose turn it is among those subscribed to a context.

        One that is away is chosen only when no connected one is there.
        """
        tried = without or set()
        fit = [s for s in self.sessions.values() if context in s.contexts and s.sessionid not in tried]
        fit = [session for session in fit if session.peer is not None] or fit
        return fit[next(self._turn) % len(fit)] if fit else None

    def place(self, caller: Caller, call_id: str | None = None) -> Run:
        """Let a caller dial; the call is offered before this returns.

        Raises:
            ValueError: the id can't be one of a call, or (`TakenError`) is the one of another call.
        """
        if call_id is not None:
            self._check_id(call_id)
        self.ground.counters.placed += 1
        run = Run(caller, self.ground)
        self.runs.append(run)
        call = self.new_call("inbound", caller.device(), run, call_id)
        call.context = caller.context
        call.facts["tried"] = set()
        run.placed()
        self.route(call, nobody=Status.UNROUTED)
        return run

    def _check_id(self, call_id: object) -> None:
        if not isinstance(call_id, str) or not _CALL_ID.fullmatch(call_id):
            accepted = "1 to 128 letters, digits and . _ ~ : -, of which the first is a letter or a digit"
            raise ValueError(f"call_id must be {accepted}, not {call_id!r:.80}")
        if call_id in self.calls or call_id in self.ended_calls:
            raise TakenError(f"there is, or was, another call with the call_id {call_id!r}; take one that is new")

    def route(self, call: Call, *, nobody: Status) -> None:
        """Offer a call to the next session; when there is none the call is over as ``nobody`` says."""
        session = self.subscriber(call.context, without=call.facts["tried"])
        if session is None:
            call.run.status = nobody
            call.end("noAnswer", "none")
            return
        call.facts["tried"].add(session.sessionid)
        self.ground.counters.offered += 1
        call.run.note("network", "offered")
        call.offer(session)

    def new_call(self, direction: str, device: frames.Frame, run: Run, call_id: str | None = None) -> Call:
        """Make a call and enter it."""
        call = Call(self, direction, device, run, call_id)
        self.calls[call.call_id] = call
        self.ground.counters.calls_up += 1
        self.run_watchers.tell(run)
        return call

    def call(self, call_id: str) -> Call:
        """Return a call that is up.

        Raises:
            LookupError: no such call is up.
        """
        call = self.calls.get(call_id)
        if call is None:
            raise LookupError("no call that is up has this id")
        return call

    def call_over(self, call: Call) -> None:
        """Take an ended call out of the books."""
        if self.calls.pop(call.call_id, None) is None:
            return
        self.ground.counters.calls_up -= 1
        self.ended_calls[call.call_id] = None
        if len(self.ended_calls) > _ENDED_CALLS_KEPT:
            self.ended_calls.popitem(last=False)
        if call.session is not None:
            call.session.calls.pop(call.call_id, None)

    def callee(self, number: str) -> Callee:
        """Return who answers a number: the script that was set for it, else a patient listener."""
        return (
            self.callees.get(number)
            or self.callees.get("*")
            or Callee().rings(self.ground.settings.ring_seconds).answers()
        )

    def leg(self, session: Session, device: frames.Frame, number: str) -> Call:
        """Make an outbound leg of a session to a number; it does not ring yet."""
        run = Run(self.callee(number), self.ground, number)
        self.runs.append(run)
        call = self.new_call("outbound", device, run)
        call.session = session
        session.calls[call.call_id] = call
        self.ground.counters.dialed += 1
        return call

    def forget_all(self) -> None:
        """Lose every session and call, as a server that restarts without memory does."""
        for call in list(self.calls.values()):
            call.withdraw()
        for session in list(self.sessions.values()):
            session.end("server_restart")
        for call in list(self.calls.values()):
            call.end("error", "none")
        self.ended_calls.clear()
