"""Events of queues, rooms and conferences, events of applications, and errors."""

from __future__ import annotations

from typing import Any, ClassVar, Final

import msgspec

from relay_actors.wire.events.base import CallEvent, RelayEvent
from relay_actors.wire.frames import EMPTY, as_dict, decoded
from relay_actors.wire.values import Amount, Code, Count, text

__all__ = ["CallingErrorEvent", "ConferenceEvent", "QueueEvent", "RoomEvent", "UserEvent"]

_ADDRESS: Final = frozenset({"node_id", "call_id", "segment_id", "tag"})
_QUALITY: Final = ("rtt_", "in_", "out_")


class QueueEvent(CallEvent, frozen=True, kw_only=True):
    """The call moved in a queue: ``status`` is ``enqueue``, ``stats``, ``dequeue`` or ``leave``.

    ``avg_time`` is in seconds; the three times are in epoch microseconds, 0 until then.
    """

    EVENT_TYPE: ClassVar[str] = "calling.call.queue"

    status: str = ""
    queue_id: str = msgspec.field(default="", name="id")
    queue_name: str = msgspec.field(default="", name="name")
    position: Count = 0
    size: Count = 0
    avg_time: Amount = 0
    enqueue_ts: Count = 0
    dequeue_ts: Count = 0
    leave_ts: Count = 0
    status_url: str = ""


class RoomEvent(CallEvent, frozen=True, kw_only=True):
    """Membership of a room changed: ``joined``, ``leave``, ``failed``, ``cancel`` or ``locked``."""

    EVENT_TYPE: ClassVar[str] = "calling.call.room"

    join_status: str = ""
    room_name: str = ""


class ConferenceEvent(RelayEvent, frozen=True, kw_only=True):
    """Something happened in a conference; its start and its end carry no ``call_id``.

    ``status`` says what: ``conference-start``, ``participant-join``, ``participant-leave``, ``record-start`` and so
    on. ``recording_duration`` is in seconds, ``recording_file_size`` in bytes.
    """

    EVENT_TYPE: ClassVar[str] = "calling.conference"

    conference_id: str = ""
    name: str = ""
    region: str = ""
    size: Count = 0
    status: str = ""
    muted: bool | None = None
    hold: bool | None = None
    coaching: bool | None = None
    call_id_to_coach: str = ""
    end_on_leave: bool | None = None
    start_on_join: bool | None = None
    call_id_ending_conf: str = ""
    reason_ended: str = ""
    recording_url: str = ""
    recording_duration: Amount | None = None
    recording_file_size: Amount | None = None
    announce_url: str = ""

    @property
    def quality(self) -> dict[str, str]:
        """The quality of one participant's audio (``in_mos``, ``rtt_avg``, …), or an empty dict."""
        found = {key: text(value) for key, value in self.params.items() if key.startswith(_QUALITY)}
        return {key: value for key, value in found.items() if value}


class CallingErrorEvent(RelayEvent, frozen=True, kw_only=True):
    """An error inside an application of the call; every field may be absent."""

    EVENT_TYPE: ClassVar[str] = "calling.error"

    fatal: bool | None = None
    raw_error: msgspec.Raw = msgspec.field(default=EMPTY, name="error")
    raw_code: str | Code | None = msgspec.field(default=None, name="code")
    raw_message: str = msgspec.field(default="", name="message")

    @property
    def error(self) -> Any:
        """What happened, as the server sent it: a text, an object, or None."""
        error = None if self.raw_error is EMPTY else decoded(self.raw_error)
        return error if isinstance(error, str | dict) else None

    @property
    def code(self) -> str:
        """The error's code, or an empty string."""
        return text(self.raw_code) or text(as_dict(self.raw_error).get("code"))

    @property
    def message(self) -> str:
        """What happened, in words; or an empty string."""
        error = self.error
        if isinstance(error, dict):
            error = error.get("message")
        return self.raw_message or (error if isinstance(error, str) else "")


class UserEvent(CallEvent, frozen=True, kw_only=True):
    """An event that an application put into the call with ``user_event``."""

    EVENT_TYPE: ClassVar[str] = "calling.user_event"

    @property
    def event(self) -> dict[str, Any]:
        """What the application sent: the body without the call's address, or the object nested in it."""
        body = {key: value for key, value in self.params.items() if key not in _ADDRESS}
        nested = body.get("event")
        return nested if isinstance(nested, dict) else body
