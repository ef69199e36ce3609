"""The log's line of a text message: one that came in, or one whose last state is known. No numbers, no text."""

from __future__ import annotations

from relay_actors.kit.deferred_log import log_deferred

__all__ = ["log_message"]


def log_message(message_id: str, direction: str, state: str, segments: int) -> None:
    """Log what became of a message. Never blocks where lines are deferred.

    Args:
        message_id: which.
        direction: ``inbound`` or ``outbound``.
        state: its last state.
        segments: of how many SMS it consists; 0 while that is not known.
    """
    log_deferred(
        "message {message_id} {state}: {direction}",
        ", segments: {segments}" if segments else "",
        message_id=message_id,
        direction=direction,
        state=state,
        segments=segments,
    )
