"""Which recordings there are at a time, and which frames belong to each: the beginnings and the ends of calls."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final, Protocol

import msgspec

from relay_actors.errors import GONE
from relay_actors.kit import clock
from relay_actors.kit.recent import Recent
from relay_actors.wire.methods import NOT_ABOUT_THE_CALL
from relay_actors.wire.values import Code, number
from relay_runtime.client.call_frames import CallFrame, CallFrames, event_in
from relay_runtime.client.frame_tap import Direction
from relay_runtime.recording.lines import Start, Why

__all__ = ["CallSink", "RecordedCall", "RecordedCalls"]

_AT_ONCE: Final = 10_000
"""Recordings under way at the same time; the oldest makes room for another."""
_NAMES_OF_ONE: Final = 100
"""Calls that count as parts of one: legs of a dial, and legs that a call is connected to."""
_REMEMBERED: Final = 10_000
_LOGIN: Final = "signalwire.connect"
_IDS: Final = re.compile(rb'"(call_id|tag)"\s*:\s*"((?:[^"\\]|\\.)+)"')
_LOGIN_IN: Final = b'"signalwire.connect"'


class RecordedCall:
    """A call that is recorded.

    Attributes:
        start: how its recording began.
        call_id: the call's id; of a dial that of the leg that answered, or an empty text.
        names: the names by which its frames are known: ids of calls, and ``tag`` with a space before that of a dial.
        left_out: how many of its frames found no room.
    """

    def __init__(self, start: Start) -> None:
        self.start = start
        self.call_id = start.call_id
        self.names: list[str] = []
        self.left_out = 0


class CallSink(Protocol):
    """Takes what is to be recorded. Every method is called where frames pass: it must not block and not raise."""

    def begin(self, call: RecordedCall) -> None:
        """Begin a recording."""

    def frame(self, call: RecordedCall, at: float, direction: Direction, frame: dict[str, Any], size: int) -> None:
        """Add a frame, which passed ``at`` that time by the monotonic clock, with ``size`` bytes."""

    def end(self, call: RecordedCall, why: Why, at: float) -> None:
        """End a recording."""


class RecordedCalls:
    """Sorts frames into recordings.

    A recording begins with an offer, with a dial, or with the first command of a call that began before. It ends with
    the state ``ended``.

    Args:
        sink: takes what is recorded.
        wanted: tells whether a call is to be recorded, when it begins; None: each is.
    """

    def __init__(self, sink: CallSink, wanted: Callable[[Start], bool] | None = None) -> None:
        self._sink = sink
        self._wanted = wanted
        self._frames = CallFrames(_named_in, _AT_ONCE)
        self._calls: dict[str, RecordedCall] = {}  # by each of its names
        self._open: dict[RecordedCall, None] = {}
        self._over: Recent[str] = Recent(_REMEMBERED)
        self._protocol: Any = None  # which session the last login asked for

    def see(self, direction: Direction, frame: str | bytes) -> None:
        """Look at a frame that passes. Never blocks and never raises."""
        found = self._frames(direction, frame)
        if found is None:
            return
        if found.what in {_LOGIN, f"reply to {_LOGIN}"}:
            self._see_login(found)
            return
        now = clock.monotonic()
        self._begin_what_begins(direction, found, now)
        calls = list(dict.fromkeys(self._calls[name] for name in found.owners if name in self._calls))
        for call in calls:
            self._join(call, found)
            self._sink.frame(call, now, direction, found.frame, len(frame))
            why = _end_of(call, found)
            if why is not None:
                self.end(call, why)

    def begin(self, start: Start) -> RecordedCall:
        """Begin a recording, whatever is wanted."""
        if len(self._open) >= _AT_ONCE:
            self.end(next(iter(self._open)), "crowded")
        call = RecordedCall(start)
        self._open[call] = None
        self._name(call, start.call_id or _of_tag(start.tag))
        self._sink.begin(call)
        return call

    def end(self, call: RecordedCall, why: Why) -> None:
        """End a recording that is under way."""
        if self._open.pop(call, call) is call:
            return
        for name in call.names:
            self._calls.pop(name, None)
            self._over.add(name)
        self._sink.end(call, why, clock.monotonic())

    def end_all(self, why: Why) -> None:
        """End whatever is under way."""
        for call in list(self._open):
            self.end(call, why)

    # Beginnings

    def _begin_what_begins(self, direction: Direction, found: CallFrame[str], now: float) -> None:
        if not found.request:
            return
        facts = _offered(found) if direction == "in" else _dialled(found) or self._under_way(found)
        if facts is None:
            return
        start = Start(wall=clock.wall(), monotonic=now, **facts)
        name = start.call_id or _of_tag(start.tag)
        if start.tag:
            self._over.pop(name)  # an app may dial by a tag again
        if name in self._calls or name in self._over:
            return
        if self._wanted is None or self._wanted(start):
            self.begin(start)
        else:
            self._over.add(name)

    def _under_way(self, found: CallFrame[str]) -> dict[str, Any] | None:
        """Return the facts of a call that a command is for, and that began before."""
        params = found.frame.get("params")
        if not found.what.startswith("calling.") or not isinstance(params, dict):
            return None
        call_id = params.get("call_id")
        if not isinstance(call_id, str) or not call_id:
            return None
        return {"call_id": call_id, "node_id": _text(params, "node_id"), "from_beginning": False}

    # Whose a frame is

    def _join(self, call: RecordedCall, found: CallFrame[str]) -> None:
        """Count the legs that a frame of a call tells of as parts of it."""
        kind, body = event_in(found.frame)
        if kind not in {"calling.call.state", "calling.call.dial", "calling.call.connect"}:
            return
        for name in found.owners:
            if name not in self._calls and name not in self._over and not name.startswith("tag "):
                self._name(call, name)
        if not call.call_id:
            call.call_id = _winner(kind, body)

    def _name(self, call: RecordedCall, name: str) -> None:
        if len(call.names) < _NAMES_OF_ONE:
            call.names.append(name)
            self._calls[name] = call

    # Sessions

    def _see_login(self, found: CallFrame[str]) -> None:
        """End all recordings when a login did not bring their session back."""
        if found.request:
            params = found.frame.get("params")
            self._protocol = params.get("protocol") if isinstance(params, dict) else None
            return
        result = found.frame.get("result")
        if not isinstance(result, dict) or not result.get("protocol"):
            return
        if result.get("session_restored") is not True and result["protocol"] != self._protocol:
            self.end_all("lost")


def _named_in(data: bytes) -> tuple[str, ...]:
    """Return the names in a frame, as `RecordedCall.names` has them."""
    names = tuple(dict.fromkeys(_names(data)))
    return (*names, _LOGIN) if _LOGIN_IN in data else names


def _names(data: bytes) -> Iterator[str]:
    for key, value in _IDS.findall(data):
        text = msgspec.json.decode(b'"%b"' % value, type=str) if b"\\" in value else value.decode()
        yield _of_tag(text) if key == b"tag" else text


def _of_tag(tag: str) -> str:
    return f"tag {tag}"


def _text(part: dict[str, Any], key: str) -> str:
    value = part.get(key)
    return value if isinstance(value, str) else ""


def _offered(found: CallFrame[str]) -> dict[str, Any] | None:
    kind, body = event_in(found.frame)
    call_id = _text(body, "call_id")
    if kind != "calling.call.receive" or not call_id:
        return None
    context = _text(body, "context") or _text(found.frame["params"], "context")
    return {"direction": "inbound", "context": context, "call_id": call_id, "node_id": _text(body, "node_id")}


def _dialled(found: CallFrame[str]) -> dict[str, Any] | None:
    params = found.frame.get("params")
    if found.what != "calling.dial" or not isinstance(params, dict) or not _text(params, "tag"):
        return None
    return {"direction": "outbound", "tag": params["tag"]}


def _winner(kind: str, body: dict[str, Any]) -> str:
    """Return the id of the leg that answered a dial, if an event tells it."""
    if kind == "calling.call.dial" and body.get("dial_state") == "answered":
        leg = body.get("call")
        return _text(leg, "call_id") if isinstance(leg, dict) else ""
    return _text(body, "call_id") if body.get("dial_winner") in {True, "true"} else ""


def _end_of(call: RecordedCall, found: CallFrame[str]) -> Why | None:
    """Return why a recording ends with a frame, or None if it goes on."""
    if not found.request:
        return _end_by_reply(call, found)
    kind, body = event_in(found.frame)
    if kind == "calling.call.state" and body.get("call_state") == "ended" and call.call_id == body.get("call_id"):
        return "ended"
    is_its_dial = bool(call.start.tag) and kind == "calling.call.dial" and body.get("tag") == call.start.tag
    return "failed" if is_its_dial and body.get("dial_state") == "failed" else None


def _end_by_reply(call: RecordedCall, found: CallFrame[str]) -> Why | None:
    _, _, method = found.what.partition("reply to ")
    result = found.frame.get("result")
    code = number(result.get("code"), Code, 200) if isinstance(result, dict) else None
    is_taken = code is not None and 200 <= code < 300
    if method == "calling.dial":
        return None if is_taken else "refused"
    if method == "calling.pass" and is_taken:
        return "passed"
    is_about_it = method.count(".") == 1 and method.startswith("calling.") and method not in NOT_ABOUT_THE_CALL
    return "gone" if is_about_it and code in GONE and _is_alone(call, found) else None


def _is_alone(call: RecordedCall, found: CallFrame[str]) -> bool:
    """Return whether a reply is for the call itself, and not for a leg of it."""
    return bool(call.call_id) and found.owners[0] == call.call_id
