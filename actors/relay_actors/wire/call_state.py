"""The life of a call as one table (protocol 6).

A call moves forward only; any state may be skipped; ``ended`` is terminal. A repetition or a step backwards is not an
error on the wire (events are redelivered): it is told apart by `advance` returning None.
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "ANSWERED",
    "CREATED",
    "ENDED",
    "ENDING",
    "OVER",
    "RINGING",
    "STATES",
    "TRANSITIONS",
    "advance",
    "end_reason",
]

CREATED: Final = "created"
RINGING: Final = "ringing"
ANSWERED: Final = "answered"
ENDING: Final = "ending"
ENDED: Final = "ended"

OVER: Final = frozenset({ENDING, ENDED})
"""The states of a call that nobody need end any more."""

STATES: Final = (CREATED, RINGING, ANSWERED, ENDING, ENDED)

TRANSITIONS: Final[dict[str, frozenset[str]]] = {
    "": frozenset(STATES),
    CREATED: frozenset({RINGING, ANSWERED, ENDING, ENDED}),
    RINGING: frozenset({ANSWERED, ENDING, ENDED}),
    ANSWERED: frozenset({ENDING, ENDED}),
    ENDING: frozenset({ENDED}),
    ENDED: frozenset(),
}
"""From each state (the empty string is a call not seen yet) to those that may follow it."""

_REASON_ALIASES: Final = {"max_duration": "maxDuration", "not_found": "notFound", "no_answer": "noAnswer"}


def advance(current: str, new: str) -> str | None:
    """Return the state after an event that names ``new``, or None when the event changes nothing.

    Raises:
        ValueError: if ``new`` is no state of a call.
    """
    if new in TRANSITIONS[current]:
        return new
    if new not in STATES:
        raise ValueError(f"{new!r} is no call state; known are {', '.join(STATES)}")
    return None


def end_reason(reason: str) -> str:
    """Return an end reason in the spelling of the wire, from either spelling in use (protocol 16.12)."""
    return _REASON_ALIASES.get(reason, reason)
