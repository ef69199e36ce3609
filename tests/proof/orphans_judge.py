"""The judge of the orphans' proof. It reads the memory of the sandbox, which knows each call whoever serves it.

A call is *alone* while it is up and nobody serves it. Somebody does while its session is connected, and

- has been connected since before the kill, or logged in for the first time: its process lives; or
- was resumed by a successor, and since then the server has taken a command for this call; or
- was resumed, and the call lives at the server without any code: bridged or being connected, in a queue, a
  conference or a room, with an AI agent. When that is over and the call is still up, it is alone from then on.

So an offer that was not acknowledged, and is sent again when the session is resumed, is alone until it is passed on;
what still rings for a dial is alone until it is ended, or ends.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from relay_runtime.sandbox import Sandbox
from relay_runtime.sandbox.calls.call import Call
from relay_runtime.sandbox.calls.session import Session
from relay_runtime.sandbox.ground import frames
from relay_runtime.sandbox.script.run import Status
from relay_runtime.sandbox.server import peer
from relay_runtime.sandbox.verbs import table

__all__ = ["ENDS", "KINDS", "Fate", "Judge", "Witness"]

KINDS = (
    "offer, not acknowledged", "offer", "talking", "at the server", "ringing for a dial", "dialled",
    "came later",
)  # fmt: skip
"""What a call was at the kill."""

ENDS = ("adopted", "watched", "passed on", "turned away", "ended", "over by itself", "orphan")
"""What became of it: the code of a successor or its policy spoke to it; it lives at the server; another process was
offered it; it was passed on, but nobody else was there; a successor hung it up; the other side did, or its time was
over; nobody came."""

_AT_THE_SERVER = frozenset({"queue", "conference", "room", "ai"})


class Witness:
    """Notes for which calls requests come that the server takes."""

    def __init__(self) -> None:
        self._first: dict[tuple[str, str], tuple[int, str]] = {}

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Note what the sandboxes of this process perform meanwhile."""
        with mock.patch.object(peer, "perform", self._performed):
            yield

    def _performed(self, session: Session, method: str, params: frames.Frame) -> frames.Frame:
        reply = table.perform(session, method, params)  # what is refused serves nobody
        call_id = params.get("call_id")
        if isinstance(call_id, str):
            known = self._first.get((call_id, session.sessionid))
            if known is None or known[0] != session.logins:
                self._first[call_id, session.sessionid] = (session.logins, method)
        return reply

    def first(self, call_id: str, session: Session) -> tuple[int, str]:
        """Return the method of the first request for a call in its session's last login that had one, and that login.

        Logins are counted from 1; (0, "") when there was no request.
        """
        return self._first.get((call_id, session.sessionid), (0, ""))


class Fate:
    """What became of one call.

    Args:
        call: the call.
        session: the session that has it.
        kind: what it is: one of `KINDS`.

    Attributes:
        longest: seconds for which it was alone, counted from the beginning of the time that is judged.
    """

    def __init__(self, call: Call, session: Session, kind: str) -> None:
        self.call = call
        self.session = session
        self.kind = kind
        self.longest = 0.0
        self._since = 0.0

    def leave(self, now: float) -> None:
        """Note that nobody serves it from now on."""
        self._since = now

    def stay_alone(self, now: float, begin: float | None) -> None:
        """Note that nobody serves it still; ``begin`` is None while that does not count yet."""
        if begin is not None:
            self.longest = max(self.longest, now - max(self._since, begin))


class Judge:
    """Judges what becomes of calls behind one kill. Make it right before.

    Args:
        sandbox: where they are.
        witness: who saw what was asked for them.
    """

    def __init__(self, sandbox: Sandbox, witness: Witness) -> None:
        self._exchange = sandbox.exchange
        self._witness = witness
        self._before = {session: session.logins for session in sandbox.sessions()}
        self._away = {session for session in self._before if session.peer is None}
        calls = self._exchange.calls.values()
        self._fates = {call: Fate(call, call.session, _kind(call)) for call in calls if call.session is not None}
        self._alone: set[Fate] = set()
        self._were_alone: set[Fate] = set()

    def look(self, begin: float | None) -> bool:
        """Look at every call that is up; return whether one is alone.

        Args:
            begin: from when on a call may not be alone, in monotonic seconds; None: that is still to come.
        """
        self._find_the_lost()
        now, alone = time.monotonic(), set(self._find_the_alone())
        for fate in alone - self._alone:
            fate.leave(now)
        for fate in alone | self._alone:  # one that is served by now was alone until now, as far as is known
            fate.stay_alone(now, begin)
        self._alone = alone
        self._were_alone |= alone
        return bool(alone)

    def _find_the_alone(self) -> Iterator[Fate]:
        for session in self._exchange.sessions.values():
            if session.peer is not None and session not in self._away and not self._resumed(session):
                continue  # its process lives
            for call in session.calls.values():
                if not self._serves(session, call):
                    yield self._fates.setdefault(call, Fate(call, session, KINDS[-1]))

    def _resumed(self, session: Session) -> bool:
        return session.logins != self._before.get(session, 1)

    def _serves(self, session: Session, call: Call) -> bool:
        if session.peer is None:
            return False
        return _at_the_server(call) or self._witness.first(call.call_id, session)[0] == session.logins

    def _find_the_lost(self) -> None:
        """Find sessions that have lost their socket; what they have not acknowledged by now, the dead did not."""
        for session in self._before:
            if session.peer is None and session not in self._away:
                self._away.add(session)
                for call_id in _unacknowledged(session):
                    call = self._exchange.calls.get(call_id)
                    if call in self._fates and self._fates[call].kind == "offer":
                        self._fates[call].kind = KINDS[0]

    def judged(self) -> list[Fate]:
        """Return the calls of the process that was killed, and those that nobody served for a time."""
        lost = self.orphaned()
        return [fate for fate in self._fates.values() if fate.session in lost or fate in self._were_alone]

    def end_of(self, fate: Fate) -> str:
        """Return what became of a call: one of `ENDS`."""
        login, method = self._witness.first(fate.call.call_id, fate.session)
        if login <= self._before.get(fate.session, 0):
            method = ""
        if method == "calling.pass":
            return "turned away" if fate.call.run.status is Status.PASSED else "passed on"
        if method:
            return "ended" if method == "calling.end" else "adopted"
        if not fate.call.up:
            return "over by itself"
        return "orphan" if fate in self._alone else "watched"

    def orphaned(self) -> set[Session]:
        """Return the sessions that have lost their process since the kill."""
        return {each for each in self._before if each in self._away or self._resumed(each)}

    def tidy_up(self) -> None:
        """Take every call that is alone off the line, so that the next kill is judged by itself."""
        for session in [each for each in self._before if each.peer is None]:
            session.end("forgotten")
        for fate in self._alone:
            fate.call.end("error", "none")


def _kind(call: Call) -> str:
    if _at_the_server(call):
        return "at the server"
    answered = call.state == "answered"
    if call.direction == "inbound":
        return "talking" if answered else "offer"
    return "dialled" if answered else "ringing for a dial"


def _at_the_server(call: Call) -> bool:
    bridged = call.bridge is not None or (call.parent is not None and call.parent.bridge is not None)
    return bridged or any(kind in _AT_THE_SERVER for kind, _ in call.actions)


def _unacknowledged(session: Session) -> Iterator[str]:
    """Give the ids of the calls whose offers a session was sent, or is to be sent, and has not acknowledged."""
    for frame in session._outstanding.values():
        body: dict[str, Any] = frames.decode(frame)["params"]
        if body["event_type"] == "calling.call.receive":
            yield body["params"]["call_id"]
