"""The hooks of a call actor: which event calls which method.

============== ==================================================================================
hook           called with
============== ==================================================================================
on_offer       the `CallReceiveEvent` of an inbound call
on_ringing     the `CallStateEvent` that the call rings
on_answered    … that it is answered
on_ending      … that it is ending
on_ended       … that it has ended; the last hook of a call, also when the session was lost
on_digits      a `CollectEvent` with digits
on_speech      a `CollectEvent` with recognised speech
on_collect     every `CollectEvent`
on_play        every `PlayEvent`
on_record      every `RecordEvent`
on_connect     every `ConnectEvent`
on_detect      every `DetectEvent`
on_send_digits every `SendDigitsEvent`
on_event       every event of the call
============== ==================================================================================

A class pays only for the hooks that it defines.
"""

from __future__ import annotations

from typing import Final

from relay_actors.wire.events import CallStateEvent, CollectEvent, RelayEvent

__all__ = ["HOOKS", "STATE_HOOKS", "hooks_of"]

HOOKS: Final[dict[str, str]] = {
    "calling.call.receive": "on_offer",
    "calling.call.collect": "on_collect",
    "calling.call.play": "on_play",
    "calling.call.record": "on_record",
    "calling.call.connect": "on_connect",
    "calling.call.detect": "on_detect",
    "calling.call.send_digits": "on_send_digits",
}
"""From an event's type to the hook that gets every event of that type."""

STATE_HOOKS: Final[dict[str, str]] = {
    "ringing": "on_ringing",
    "answered": "on_answered",
    "ending": "on_ending",
    "ended": "on_ended",
}
"""From a call's new state to its hook."""

_RESULT_HOOKS: Final[dict[str, str]] = {"digit": "on_digits", "speech": "on_speech"}
_NAMES: Final = frozenset({*HOOKS.values(), *STATE_HOOKS.values(), *_RESULT_HOOKS.values(), "on_event"})
_defined: dict[type, frozenset[str]] = {}


def _defined_by(cls: type) -> frozenset[str]:
    names = _defined.get(cls)
    if names is None:
        names = _defined[cls] = frozenset(name for name in _NAMES if callable(getattr(cls, name, None)))
    return names


def hooks_of(cls: type, event: RelayEvent) -> list[str]:
    """Return the names of the hooks that ``cls`` defines for an event, the most specific first."""
    defined = _defined_by(cls)
    if not defined:
        return []
    wanted = [HOOKS.get(event.event_type, "")]
    if isinstance(event, CallStateEvent):
        wanted.insert(0, STATE_HOOKS.get(event.call_state, ""))
    elif isinstance(event, CollectEvent):
        wanted.insert(0, _RESULT_HOOKS.get(event.type, ""))
    wanted.append("on_event")
    return [name for name in wanted if name in defined]
