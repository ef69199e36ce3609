"""The recording of one call as it is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from relay_actors.kit import clock
from relay_actors.telemetry.status import CallStatus
from relay_runtime.client.frame_tap import Direction, FrameTap
from relay_runtime.inspection.trace import Stream
from relay_runtime.recording.call_mask import CallMask
from relay_runtime.recording.calls import RecordedCall, RecordedCalls
from relay_runtime.recording.lines import End, Header, Line, RecordingLines, Start, Why

__all__ = ["CallRecording"]


class CallRecording(Stream):
    """The lines of a recording, masked, until its call ends; a `CallSink`.

    The first item tells whose they will be. Nobody waits for a slow reader: what finds no room is left out, and counted
    in the last line.

    Args:
        tap: where frames can be watched.
        mask: masks the call.
    """

    def __init__(self, tap: FrameTap, mask: CallMask) -> None:
        super().__init__()
        self._tap = tap
        self._mask = mask
        self._calls = RecordedCalls(self, self._wants)
        self._context: str | None = None
        self._lines: RecordingLines | None = None
        self._stop: Callable[[], None] = _nothing

    def of(self, call: CallStatus) -> CallRecording:
        """Record a live call from now on, and return itself. Never blocks."""
        self.put({"recording": call.call_id})
        start = Start(
            wall=clock.wall(),
            monotonic=clock.monotonic(),
            direction=call.direction,
            context=call.context,
            call_id=call.call_id,
            from_beginning=False,
        )
        self._calls.begin(start)
        self._stop = self._tap.watch(self._calls.see)
        return self

    def of_next(self, context: str) -> CallRecording:
        """Record the next call from its beginning, and return itself. Never blocks.

        Args:
            context: that of an inbound call; empty for any call, dials too.
        """
        self.put({"recording": ""})
        self._context = context
        self._stop = self._tap.watch(self._calls.see)
        return self

    def close(self) -> None:
        """Watch no more."""
        self._stop()
        super().close()

    def _wants(self, start: Start) -> bool:
        if self._lines is not None or self._context is None or not start.from_beginning:
            return False
        return not self._context or start.context == self._context

    # What is recorded

    def begin(self, call: RecordedCall) -> None:
        """See `CallSink.begin`."""
        self._lines = RecordingLines(call.start, self._mask)
        self._add(self._lines.header())

    def frame(self, call: RecordedCall, at: float, direction: Direction, frame: dict[str, Any], _size: int) -> None:
        """See `CallSink.frame`."""
        if self._lines is None or self.room <= 1:  # the last line finds room
            call.left_out += 1
            return
        try:
            self._add(self._lines.frame(at, direction, frame))
        except RecursionError:
            call.left_out += 1

    def end(self, call: RecordedCall, why: Why, at: float) -> None:
        """See `CallSink.end`."""
        if self._lines is not None:
            self._add(self._lines.end(why, at, left_out=call.left_out, call_id=call.call_id))
        self.close()

    def _add(self, line: Header | Line | End) -> None:
        self.put({"line": msgspec.to_builtins(line)})


def _nothing() -> None:
    """Nothing is watched yet."""
