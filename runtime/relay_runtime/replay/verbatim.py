"""Serves a recorded call as it was: no judgement, each reply and event at its time, and no other request."""

from __future__ import annotations

import os
from typing import Any, Final

import gevent
from gevent.event import Event as Flag

import relay_actors
import relay_runtime
from relay_actors.kit import clock
from relay_actors.kit.ids import new_id
from relay_runtime.client.client import RelayClient
from relay_runtime.recording.lines import Line
from relay_runtime.replay.comparison import Sent, ids_in, sent_in
from relay_runtime.replay.live_tokens import LiveTokens
from relay_runtime.replay.outcome import Divergence
from relay_runtime.replay.story import Story
from relay_runtime.sandbox import Sandbox

__all__ = ["Verbatim"]

_OURS: Final = tuple(f"{folder}{os.sep}" for package in (relay_actors, relay_runtime) for folder in package.__path__)
"""Where code of this runtime stands."""
_PATIENCE: Final = 30.0
"""Seconds that a request may come later than it did."""


class Verbatim:
    """Serves the frames of a recording in their order: each behind all that came before it, and as long after it.

    Args:
        story: the recorded call.
        tokens: what stands for its tokens.
        sandbox: what the client is connected to; it passes frames on, and does nothing by itself.
        client: the client of the app.

    Attributes:
        divergence: where it stopped; None: nowhere yet.
    """

    def __init__(self, story: Story, tokens: LiveTokens, sandbox: Sandbox, client: RelayClient) -> None:
        self.divergence: Divergence | None = None
        self._story = story
        self._tokens = tokens
        self._sandbox = sandbox
        self._client = client
        self._wanted = sent_in(story.recording.frames)
        self._came: list[tuple[Sent, float]] = []
        self._frame_ids: dict[str, Any] = {}  # from those of recorded requests to those of today's
        self._ids: dict[str, str] = {}  # the same for operations, calls and tags
        self._names: dict[str, str] = {}
        self._got: Sent | None = None
        self._changed = Flag()

    def told(self, line: Line, frame: dict[str, Any]) -> None:
        """Take a frame of the call: masked, and as it passed."""
        if line.direction != "out" or not isinstance(frame.get("method"), str):
            return
        self._sandbox.faults.arm(frame["method"], reply={}, withhold=True)
        self._changed.set()
        if self._got is not None:
            return
        number = len(self._came)
        sent = sent_in([line])[0]
        sent = Sent(number + 1, sent.at, sent.method, sent.lines, sent.ids)
        wanted = self._wanted[number] if number < len(self._wanted) else None
        if wanted is None or not wanted.is_like(sent) or not self._takes(wanted, frame):
            self._got = sent
            return
        self._came.append((sent, clock.monotonic()))
        self._frame_ids[repr(self._story.recording.frames[self._story.requests[number].line].frame.get("id"))] = frame[
            "id"
        ]

    def _takes(self, wanted: Sent, frame: dict[str, Any]) -> bool:
        """Learn the ids of a request; return whether they are those of the same operations and calls."""
        own = ids_in(frame.get("params") or {})
        return wanted.ids.keys() == own.keys() and all(
            self._ids.setdefault(old, own[path]) == own[path] and self._names.setdefault(own[path], old) == old
            for path, old in wanted.ids.items()
        )

    def serve(self) -> None:
        """Serve what the client receives; blocks the current greenlet until that is over, or something diverges."""
        requests, before, at = 0, 0.0, clock.monotonic()
        last: int | None = None  # the frame that was sent last
        for place, line in enumerate(self._story.recording.frames):
            if line.direction == "out":
                if isinstance(line.frame.get("method"), str):
                    if not self._await(requests):
                        return
                    at, requests = max(at, self._came[requests][1]), requests + 1
                    before = line.at
                continue
            if last is None or not self._story.come_together(last, place):
                self._sleep(at + line.at - before - clock.monotonic())
                if self._got is not None:
                    break
            at, before, last = clock.monotonic(), line.at, place
            self._push(line.frame)
        gevent.sleep(0)
        if self._got is not None:
            self._diverge()

    def _sleep(self, seconds: float) -> None:
        """Let time pass, unless something diverges."""
        end = clock.monotonic() + max(0.0, seconds)
        while self._got is None and clock.monotonic() < end:
            self._changed.clear()
            self._changed.wait(end - clock.monotonic())

    def _await(self, number: int) -> bool:
        """Wait for a request, counted from 0; return whether it came."""
        end = clock.monotonic() + _PATIENCE + max(0.0, self._gap(number))
        while len(self._came) <= number and self._got is None and clock.monotonic() < end:
            self._changed.clear()
            self._changed.wait(end - clock.monotonic())
        if len(self._came) > number:
            return True
        self._diverge()
        return False

    def _gap(self, number: int) -> float:
        place = self._story.requests[number].line
        frames = self._story.recording.frames
        return frames[place].at - (frames[place - 1].at if place else 0.0)

    def _diverge(self) -> None:
        number = len(self._came)
        wanted = self._wanted[number] if number < len(self._wanted) else None
        got = self._got
        stands = (status.where for status in self._client.live_calls())
        where = next((place for place in stands if place and not place.startswith(_OURS)), "")
        self.divergence = Divergence(
            number=number + 1,
            at=(got or wanted).at if got is not None or wanted is not None else 0.0,  # type: ignore[union-attr]
            expected=wanted,
            got=got,
            where=where,
        )

    def _push(self, frame: dict[str, Any]) -> None:
        sent: dict[str, Any] = {key: self._now(value) for key, value in frame.items() if key != "id"}
        sent["id"] = new_id() if "method" in frame else self._frame_ids.get(repr(frame.get("id")), "unknown")
        self._sandbox.push(None, sent)

    def _now(self, value: Any) -> Any:
        """Return a part of a recorded frame with today's ids, and texts in the place of tokens."""
        if isinstance(value, dict):
            return {self._tokens.filled(key): self._now(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self._now(each) for each in value]
        if isinstance(value, str) and value in self._ids:
            return self._ids[value]
        return self._tokens.filled(value)

    def end(self) -> None:
        """End the calls that are up, so that the app's code does."""
        node = next((str(event.body["node_id"]) for event in self._story.events if "node_id" in event.body), "")
        for call in self._client.live_calls():
            body = {"call_id": call.call_id, "node_id": node, "call_state": "ended", "end_reason": "hangup"}
            event = {"event_type": "calling.call.state", "event_channel": "calling", "params": body}
            self._sandbox.push(None, {"jsonrpc": "2.0", "id": new_id(), "method": "signalwire.event", "params": event})
