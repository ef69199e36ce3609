"""What was asked and told in a recorded call, in order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from relay_actors.wire.values import Code, number
from relay_runtime.client.call_frames import event_in
from relay_runtime.recording.kept import ID_KEYS
from relay_runtime.recording.lines import Line
from relay_runtime.recording.reading import Recording
from relay_runtime.recording.tokens import SENT, TOKEN

__all__ = ["OPERATIONS", "Event", "Request", "Story", "comparable", "read_story"]

OPERATIONS: Final[Mapping[str, str]] = {
    "calling.play": "play",
    "calling.play_and_collect": "play_and_collect",
    "calling.collect": "collect",
    "calling.record": "record",
    "calling.detect": "detect",
    "calling.send_fax": "send_fax",
    "calling.receive_fax": "receive_fax",
    "calling.tap": "tap",
    "calling.stream": "stream",
    "calling.transcribe": "transcribe",
    "calling.send_digits": "send_digits",
    "calling.queue.enter": "queue",
    "calling.refer": "refer",
    "calling.echo": "echo",
}
"""The requests that begin an operation, and what the sandbox calls that."""

_UNNAMED: Final = {"calling.call.refer": "calling.refer", "calling.call.echo": "calling.echo"}
"""Events of operations without a control_id."""

_TOO_LATE: Final = 1.0  # seconds
_AT_ONCE: Final = 0.25  # seconds


class Event(msgspec.Struct, frozen=True):
    """Something that the app was told.

    Attributes:
        line: its place among the frames.
        at: when, in seconds since the recording began.
        kind: its type.
        body: what it says, masked.
    """

    line: int
    at: float
    kind: str
    body: dict[str, Any]

    @property
    def call_id(self) -> str:
        """The call that it is about, or an empty text."""
        return str(self.body.get("call_id") or "")


class Request(msgspec.Struct):
    """Something that the app asked for.

    Attributes:
        line: its place among the frames.
        at: when, in seconds since the recording began.
        method: its method.
        params: what it was asked with, masked.
        reply: the frame of the reply; None if there was none before the recording ended.
        replied: the place of the reply among the frames.
        events: what was told of the operation that it began.
    """

    line: int
    at: float
    method: str
    params: dict[str, Any]
    reply: dict[str, Any] | None = None
    replied: int | None = None
    events: list[Event] = []

    @property
    def call_id(self) -> str:
        """The call that it is about; empty for a dial."""
        return str(self.params.get("call_id") or "")

    @property
    def control_id(self) -> str:
        """The name of its operation, or an empty text."""
        return str(self.params.get("control_id") or "")

    @property
    def is_taken(self) -> bool:
        """Whether it was answered with success."""
        result = self.reply.get("result") if self.reply is not None else None
        code = number(result.get("code"), Code, 200) if isinstance(result, dict) else None
        return code is not None and 200 <= code < 300

    def content(self) -> bytes:
        """Return what is asked, the same for the same whatever the ids are."""
        return msgspec.json.encode((self.method, comparable(self.params)), order="sorted")


class Story(msgspec.Struct, frozen=True):
    """A recorded call.

    Attributes:
        recording: where it is from.
        requests: what the app asked for, in order.
        events: what it was told, in order.
        end: the first that it was told of the end of the call, or None.
    """

    recording: Recording
    requests: tuple[Request, ...]
    events: tuple[Event, ...]
    end: Event | None

    @property
    def call_id(self) -> str:
        """The call; of a dial the leg that answered, or an empty text."""
        return self.recording.call_id

    @property
    def offer(self) -> Event | None:
        """The offer of an inbound call."""
        return next((event for event in self.events if event.kind == "calling.call.receive"), None)

    def states(self, call_id: str) -> list[Event]:
        """Return the events of the state of a call or a leg."""
        return [each for each in self.events if each.kind == "calling.call.state" and each.call_id == call_id]

    def asked(self, method: str, *, before: int, call_id: str | None = None, control_id: str | None = None) -> bool:
        """Tell whether something was asked for before a place among the frames."""
        return any(
            each.method == method and call_id in {None, each.call_id} and control_id in {None, each.control_id}
            for each in self.requests
            if each.line < before
        )

    def is_too_late(self, line: int) -> bool:
        """Tell whether the app had no time to act on a frame: the call was over within a second, and it asked nothing.

        In virtual time code acts at once; so what came too late is not played, and the call ends first.
        """
        end = self.end
        if end is None or line >= end.line or self.recording.frames[line].at < end.at - _TOO_LATE:
            return False
        return not any(line < each.line < end.line for each in self.requests)

    def come_together(self, line: int, next_line: int) -> bool:
        """Tell whether the app had no time to act between two frames that it received: it asked nothing between them.

        In virtual time it would act, so that the second comes with the first.
        """
        frames = self.recording.frames
        if frames[next_line].at - frames[line].at > _AT_ONCE and not self.is_too_late(line):
            return False
        return not any(line < each.line < next_line for each in self.requests)

    def request_before(self, line: int, call_id: str | None = None) -> Request | None:
        """Return the last request before a place among the frames: any, or of one call."""
        fits = (each for each in reversed(self.requests) if each.line < line and call_id in {None, each.call_id})
        return next(fits, None)


def read_story(recording: Recording) -> Story:
    """Return what was asked and told in a recording."""
    requests: list[Request] = []
    events: list[Event] = []
    open_requests: dict[Any, Request] = {}
    operations: dict[str, Request] = {}
    for place, line in enumerate(recording.frames):
        frame = line.frame
        kind, body = event_in(frame)
        method = frame.get("method")
        if kind and line.direction == "in":
            events.append(Event(place, line.at, kind, body))
            owner = operations.get(str(body.get("control_id") or _UNNAMED.get(kind, "")))
            if owner is not None:
                owner.events.append(events[-1])
        elif isinstance(method, str) and line.direction == "out":
            request = _request(place, line, method)
            requests.append(request)
            open_requests[_key(frame)] = request
            if method in OPERATIONS:
                operations[request.control_id or method] = request
        elif "method" not in frame and line.direction == "in":
            asked = open_requests.pop(_key(frame), None)
            if asked is not None:
                asked.reply, asked.replied = frame, place
    return Story(recording, tuple(requests), tuple(events), _end_in(events, recording.call_id))


def _end_in(events: list[Event], call_id: str) -> Event | None:
    for event in events:
        state = event.body.get("call_state") if event.kind == "calling.call.state" else None
        if event.call_id == call_id and state in ("ending", "ended"):
            return event
    return None


def _request(place: int, line: Line, method: str) -> Request:
    params = line.frame.get("params")
    return Request(place, line.at, method, params if isinstance(params, dict) else {})


def _key(frame: dict[str, Any]) -> str:
    return repr(frame.get("id"))


def comparable(value: Any) -> Any:
    """Return a copy of a part of a frame without what is another one in every run, and numbers of words.

    Of masked words only the length is left to compare: their number says how many others came before.
    """
    if isinstance(value, dict):
        return {_without_number(key): comparable(each) for key, each in value.items() if key not in ID_KEYS}
    if isinstance(value, list):
        return [comparable(each) for each in value]
    return _without_number(value) if isinstance(value, str) else value


def _without_number(text: str) -> str:
    return TOKEN.sub(lambda token: f"<{SENT}:{token[3]}>" if token[1] == SENT else token[0], text)
