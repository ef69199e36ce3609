"""The log's line of a call that has ended: what telephony calls its detail record. No numbers of callers."""

from __future__ import annotations

from typing import Final

from relay_actors.call.facts import CallFacts
from relay_actors.errors import CallEnded, ClientStopped, RelayError
from relay_actors.kit import clock
from relay_actors.kit.deferred_log import log_deferred
from relay_actors.wire.call_state import ENDED, ENDING

__all__ = ["log_end", "outcome"]


def outcome(over: RelayError) -> str:
    """Return in one word why a call is over: its end reason, ``stopped``, or ``lost``."""
    if isinstance(over, CallEnded):
        return over.reason or "unknown"
    return "stopped" if isinstance(over, ClientStopped) else "lost"


def log_end(facts: CallFacts, over: RelayError) -> None:
    """Log that a call has ended; an offer that was left to others has not. Never blocks where lines are deferred.

    Args:
        facts: what is known of it.
        over: why it is over.
    """
    if facts.left:
        return
    source = over.source if isinstance(over, CallEnded) else ""
    log_deferred(
        "call {call_id} ended: {direction}, {state}, {seconds:.1f} s, {end_reason}",
        _MORE[source in _SIDES, facts.crashed],
        call_id=facts.call_id,
        context=facts.context,
        actor=facts.kind,
        direction=facts.direction,
        state=next((state for state in reversed(facts.states) if state not in _LAST), facts.states[0]),
        seconds=round(clock.monotonic() - facts.born, 3),
        end_reason=outcome(over),
        end_source=source,
        crashed=facts.crashed,
    )


_LAST: Final = frozenset({ENDING, ENDED})
_SIDES: Final = frozenset({"inbound", "outbound"})
_MORE: Final = {
    (told, crashed): (" by the {end_source} side" if told else "") + ("; its code crashed" if crashed else "")
    for told in (False, True)
    for crashed in (False, True)
}
