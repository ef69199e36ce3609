"""Conferences, which calls of several sessions can share (protocol 7.5)."""

from __future__ import annotations

from typing import Any, Protocol

from relay_runtime.sandbox.calls.call import Call
from relay_runtime.sandbox.calls.session import Session
from relay_runtime.sandbox.ground.frames import Frame
from relay_runtime.sandbox.ground.ids import new_id

__all__ = ["Conference", "Conferences"]


class Member(Protocol):
    """A call in a conference."""

    call: Call
    starts: bool
    ends: bool

    def flags(self) -> Frame:
        """Return the fields of its events that are its own."""

    def put_out(self) -> None:
        """Leave since the conference is over."""


class Conference:
    """One conference.

    Args:
        name: what it is called.
        region: where it is.
    """

    def __init__(self, name: str, region: str) -> None:
        self.conference_id = new_id()
        self.name = name
        self.region = region
        self.members: list[Member] = []
        self.started = False

    def join(self, member: Member) -> None:
        """Let a call in; the conference starts when the first that may start it comes."""
        self.members.append(member)
        if member.starts and not self.started:
            self.started = True
            self._tell("conference-start")
        self._tell("participant-join", member)

    def leave(self, member: Member, reason: str = "last-participant-left") -> bool:
        """Let a call go; True when the conference is over with it."""
        if member not in self.members:
            return False
        self._tell("participant-leave", member)
        last = self._sessions()
        self.members.remove(member)
        if self.members and not member.ends:
            return False
        if member.ends and self.members:
            reason = "participant-with-end-conference-on-exit-left"
        for other in list(self.members):
            self._tell("participant-leave", other)
            self.members.remove(other)
            other.put_out()
        for session in last:
            self._send(session, {"status": "conference-end", "reason_ended": reason})
        return True

    def _tell(self, status: str, member: Member | None = None) -> None:
        fields: Frame = {"status": status}
        if member is not None:
            address = {"node_id": member.call.node_id, "call_id": member.call.call_id}
            fields = {**address, **fields, **member.flags()}
        for session in self._sessions():
            self._send(session, fields)

    def _sessions(self) -> list[Session]:
        """Return each session that has a member, once."""
        found: dict[str, Session] = {}
        for member in self.members:
            if member.call.session is not None:
                found[member.call.session.sessionid] = member.call.session
        return list(found.values())

    def _send(self, session: Session, fields: Frame) -> None:
        facts = {"conference_id": self.conference_id, "name": self.name, "region": self.region}
        if session.ground.settings.conference_events:
            session.event("calling.conference", {**facts, "size": len(self.members), **fields})


class Conferences:
    """Every conference of a sandbox."""

    def __init__(self) -> None:
        self._by_name: dict[str, Conference] = {}

    def named(self, name: str, region: str) -> Conference:
        """Return a conference, which is made on the first join."""
        if name not in self._by_name:
            self._by_name[name] = Conference(name, region)
        return self._by_name[name]

    def over(self, conference: Conference) -> None:
        """Forget a conference that has ended."""
        self._by_name.pop(conference.name, None)

    def sizes(self) -> dict[str, Any]:
        """Return how many members each conference has."""
        return {name: len(conference.members) for name, conference in self._by_name.items()}
