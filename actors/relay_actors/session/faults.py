"""Counts what the server sends and nobody can understand, and logs it, of a flood one line at times.

Part of the connection actor, in its greenlet; never blocks.
"""

from __future__ import annotations

from typing import Final

from relay_actors.kit.throttle import Throttle
from relay_actors.telemetry.stats import Stats
from relay_actors.wire.frames import BadFrame, Frame, acknowledgement, error_reply

__all__ = ["FrameFaults"]

_INVALID_PARAMS: Final = -32602
_METHOD_NOT_FOUND: Final = -32601


class FrameFaults:
    """What is wrong with frames of one connection.

    Args:
        stats: where they are counted.
    """

    def __init__(self, stats: Stats) -> None:
        self._stats = stats
        self._throttle = Throttle()

    def bad_frame(self, frame: BadFrame, answers: list[bytes]) -> None:
        """Note a frame that is none; add its answer, if it has an id and asks for one."""
        self._stats.frames_bad[frame.kind] += 1
        self._throttle.warning("ignored a frame that could not be understood: {}", frame.reason)
        if frame.id is None or frame.method is None:
            return
        if frame.method == "signalwire.event":
            answers.append(acknowledgement(frame.id))
        else:
            answers.append(error_reply(frame.id, _INVALID_PARAMS, frame.reason))

    def bad_event(self) -> None:
        """Note an event of which nobody can tell what it is about."""
        self._stats.frames_bad["event"] += 1
        self._throttle.warning("ignored an event without params or type")

    def unknown_method(self, frame: Frame) -> bytes:
        """Note a request for what a client does not do; return its answer."""
        self._stats.frames_bad["unknown_method"] += 1
        return error_reply(frame.id, _METHOD_NOT_FOUND, "the client does not know this method")

    def unhandled(self, error: Exception) -> None:
        """Note a frame over which the runtime failed."""
        self._stats.frames_bad["unhandled"] += 1
        self._throttle.error("ignored a frame that could not be handled: {}", type(error).__name__)
