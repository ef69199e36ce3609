"""Recordings that are written by hand, frame by frame."""

from __future__ import annotations

from typing import Any, Self

from relay_runtime.recording.lines import FORMAT, End, Header, Line
from relay_runtime.recording.reading import Recording
from relay_runtime.replay.story import Story, read_story

__all__ = ["CALL", "Frames"]

CALL = "c0ffee00-1111-4222-8333-444444444444"
NODE = "node-1"


class Frames:
    """Makes a recording of an inbound call; every method adds a frame at a time, in seconds."""

    def __init__(self, direction: str = "inbound") -> None:
        self._direction = direction
        self._lines: list[Line] = []
        self._ids = 0
        self.header: dict[str, Any] = {}
        self.end: dict[str, Any] = {}

    def _add(self, at: float, direction: Any, frame: dict[str, Any]) -> Self:
        self._lines.append(Line(at=at, direction=direction, frame={"jsonrpc": "2.0", **frame}))
        return self

    def offer(self, at: float = 0.0, kind: str = "phone", **params: Any) -> Self:
        """Add the offer of the call."""
        given = params or {"from_number": "<number-1>", "to_number": "<number-2>"}
        return self.told(at, "calling.call.receive", device={"type": kind, "params": given}, context="office")

    def asks(self, at: float, method: str, *, reply: Any = "200", call_id: str | None = CALL, **params: Any) -> Self:
        """Add a request of the app, and its reply: a code, a whole reply, or None for none."""
        self._ids += 1
        address = {} if call_id is None else {"node_id": NODE, "call_id": call_id}
        self._add(at, "out", {"id": f"r{self._ids}", "method": method, "params": {**address, **params}})
        if isinstance(reply, str):
            reply = {"result": {"code": reply, "message": "<heard-9:4>"}}
        return self if reply is None else self._add(at, "in", {"id": f"r{self._ids}", **reply})

    def told(self, at: float, event_type: str, *, call_id: str = CALL, **body: Any) -> Self:
        """Add an event."""
        self._ids += 1
        params = {"event_type": event_type, "params": {"node_id": NODE, "call_id": call_id, **body}}
        return self._add(at, "in", {"id": f"e{self._ids}", "method": "signalwire.event", "params": params})

    def state(self, at: float, call_state: str, *, call_id: str = CALL, **body: Any) -> Self:
        """Add the event of a state."""
        return self.told(at, "calling.call.state", call_id=call_id, call_state=call_state, **body)

    def recording(self) -> Recording:
        """Return the recording."""
        call_id = CALL if self._direction == "inbound" else ""
        known = {"direction": self._direction, "context": "office", "call_id": call_id, "node_id": NODE}
        header = {"recording": FORMAT, "relay_runtime": "0", "python": "3", "began": 0.0, **known, **self.header}
        last = {"end": "ended", "whole": True, "at": self._lines[-1].at if self._lines else 0.0, "call_id": CALL}
        return Recording(Header(**header), tuple(self._lines), End(**{**last, "frames": len(self._lines), **self.end}))

    def story(self) -> Story:
        """Return what was asked and told in it."""
        return read_story(self.recording())
