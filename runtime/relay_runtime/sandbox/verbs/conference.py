"""calling.join_conference and calling.leave_conference (protocol 7.5)."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from relay_runtime.sandbox.calls.action import Action
from relay_runtime.sandbox.calls.call import Call
from relay_runtime.sandbox.calls.conferences import Conference
from relay_runtime.sandbox.ground.devices import StreamParams
from relay_runtime.sandbox.ground.fields import Filled
from relay_runtime.sandbox.ground.frames import Frame
from relay_runtime.sandbox.verbs.table import Params, RefusalError, answered, verb

EventType = Literal["relay", "cxml", "laml"]
HttpMethod = Literal["GET", "POST"]


class JoinParams(Params, kw_only=True):
    """Params of calling.join_conference."""

    name: Filled
    muted: bool = False
    beep: Literal["true", "false", "onEnter", "onExit"] = "true"
    start_on_enter: bool = True
    end_on_exit: bool = False
    wait_url: str = ""
    max_participants: Annotated[int, Meta(gt=0, le=250)] = 250
    record: Literal["do-not-record", "record-from-start"] = "do-not-record"
    region: Literal["global", "us", "eu", "ch"] = "global"
    trim: Literal["trim-silence", "do-not-trim"] = "trim-silence"
    acl: Literal["private", "public-read"] | None = None
    coach: str = ""
    status_callback_event: str = ""
    status_callback_event_type: EventType | None = None
    status_callback_method: HttpMethod | None = None
    recording_status_callback_event_type: EventType | None = None
    recording_status_callback_method: HttpMethod | None = None
    stream: StreamParams | None = None
    emit_call_quality: bool = False


class LeaveParams(Params):
    """Params of calling.leave_conference."""

    conference_id: Filled


class Membership(Action):
    """A call's membership of a conference; its name is the id of the conference.

    Args:
        call: the call.
        conference: the conference.
        params: what was asked for.
    """

    kind = "conference"

    def __init__(self, call: Call, conference: Conference, params: JoinParams) -> None:
        super().__init__(call, conference.conference_id)
        self.conference = conference
        self.starts = params.start_on_enter
        self.ends = params.end_on_exit
        self._params = params

    def flags(self) -> Frame:
        """Return the fields of its events that are its own."""
        return {
            "muted": self._params.muted,
            "hold": False,
            "coaching": bool(self._params.coach),
            "call_id_to_coach": self._params.coach,
            "end_on_leave": self.ends,
            "start_on_join": self.starts,
        }

    def start(self) -> None:
        """Come in."""
        self.conference.join(self)

    def stop(self) -> None:
        """Leave."""
        if self.open:
            self.close()
            if self.conference.leave(self):
                self.call.exchange.conferences.over(self.conference)

    def put_out(self) -> None:
        """Leave since the conference is over."""
        self.close()


@verb("calling.join_conference", "Joining conference", JoinParams)
def join_conference(call: Call, params: JoinParams) -> dict[str, str]:
    """Put the call into a conference."""
    answered(call)
    if any(kind == Membership.kind for kind, _ in call.actions):
        raise RefusalError("409", "The call is in a conference already")
    conference = call.exchange.conferences.named(params.name, params.region)
    if len(conference.members) >= params.max_participants:
        raise RefusalError("409", "The conference is full")
    call.begin(Membership(call, conference, params))
    return {"conference_id": conference.conference_id}


@verb("calling.leave_conference", "Leaving conference", LeaveParams)
def leave_conference(call: Call, params: LeaveParams) -> None:
    """Take the call out of a conference."""
    member = call.action(Membership, params.conference_id)
    if member is None:
        raise RefusalError("404", "The call is not in this conference")
    member.stop()
