"""Every frame as a line of the log at ``trace``, without secrets, numbers and digits."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from loguru import logger

from relay_runtime.client.frame_tap import Direction, FrameTap
from relay_runtime.watch.frame_mask import FrameMask

__all__ = ["log_frames"]


def log_frames(tap: FrameTap, mask: FrameMask) -> Callable[[], None]:
    """Log each frame of a client from now on; return what ends that. Never blocks.

    Args:
        tap: where they pass.
        mask: masks each.
    """

    def see(direction: Direction, frame: str | bytes) -> None:
        try:
            shown = msgspec.json.encode(mask(msgspec.json.decode(frame))).decode()
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            shown = f"no JSON, of length {len(frame)}"
        logger.trace("frame {}: {}", direction, shown)

    return tap.watch(see)
