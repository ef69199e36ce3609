"""What passes of the call while it is played again, masked as it was when it was recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from relay_runtime.client.frame_tap import Direction
from relay_runtime.recording.call_mask import CallMask
from relay_runtime.recording.calls import RecordedCall, RecordedCalls
from relay_runtime.recording.lines import Header, Line, RecordingLines, Start, Why
from relay_runtime.replay.live_tokens import LiveTokens

__all__ = ["Take"]

Told = Callable[[Line, "dict[str, Any]"], object]
"""Called with each frame, masked and as it passed, in the greenlet that reads or sends it; must not block."""


class Take:
    """Keeps the lines of the first call that is like the recorded one, by its direction.

    Args:
        header: of the recording.
        tokens: those of the recording.
        told: is told of each frame.

    Attributes:
        lines: the frames so far.
        why: why the call's recording is over, or an empty text.
    """

    def __init__(self, header: Header, tokens: LiveTokens, told: Told) -> None:
        self.lines: list[Line] = []
        self.why = ""
        self._header = header
        self._mask = CallMask(keep_words=header.words_kept, mask_digits=header.digits_masked, tokens=tokens)
        self._told = told
        self._of: RecordedCall | None = None
        self._made: RecordingLines | None = None
        self._calls = RecordedCalls(self, self._is_wanted)

    def see(self, direction: Direction, frame: str | bytes) -> None:
        """Look at a frame that passes; for the tap of a client."""
        self._calls.see(direction, frame)

    def _is_wanted(self, start: Start) -> bool:
        return self._of is None and start.from_beginning and start.direction == self._header.direction

    # As a sink of recorded calls

    def begin(self, call: RecordedCall) -> None:
        """Begin."""
        self._of = call
        self._made = RecordingLines(call.start, self._mask)

    def frame(self, call: RecordedCall, at: float, direction: Direction, frame: dict[str, Any], size: int) -> None:  # noqa: ARG002
        """Keep a frame, and tell of it."""
        if self._made is not None:
            line = self._made.frame(at, direction, frame)
            self.lines.append(line)
            self._told(line, frame)

    def end(self, call: RecordedCall, why: Why, at: float) -> None:  # noqa: ARG002
        """Note the end."""
        self.why = why
