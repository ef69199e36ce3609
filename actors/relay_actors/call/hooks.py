"""The hooks of a call actor: which event calls which method.

=============== =================================================================================
hook            called with
=============== =================================================================================
on_offer        the `CallReceiveEvent` of an inbound call
on_ringing      the `CallStateEvent` that the call rings
on_answered     … that it is answered
on_ending       … that it is ending
on_ended        … that it has ended; the last hook of a call, also when the session was lost
on_digits       a `CollectEvent` with digits
on_speech       a `CollectEvent` with recognised speech
on_collect      every `CollectEvent`
on_detect       every `DetectEvent`
on_play         every `PlayEvent`
on_record       every `RecordEvent`
on_transcribe   every `TranscribeEvent`
on_send_digits  every `SendDigitsEvent`
on_fax          every `FaxEvent`
on_tap          every `TapEvent`
on_stream       every `StreamEvent`
on_pay          every `PayEvent`
on_connect      every `ConnectEvent`
on_refer        every `ReferEvent`
on_queue        every `QueueEvent`
on_room         every `RoomEvent`
on_conference   every `ConferenceEvent` that names this call
on_hold         every `HoldEvent`
on_denoise      every `DenoiseEvent`
on_echo         every `EchoEvent`
on_user_event   every `UserEvent`
on_error        every `CallingErrorEvent`
on_ai           every event of an AI session: `AIEvent` and each `AISessionEvent`
on_utterance    a `TranscribeUtteranceEvent` of a live transcription
on_translation  a `TranslateDeltaEvent` of a live translation
on_event        every event of the call
=============== =================================================================================

A class pays only for the hooks that it defines. A hook may leave its argument out: ``def on_answered(self)``.
"""

from __future__ import annotations

from inspect import Parameter, signature
from typing import Final

from relay_actors.wire.events import AIEvent, AISessionEvent, CallStateEvent, CollectEvent, RelayEvent

__all__ = ["HOOKS", "NAMES", "RESULT_HOOKS", "STATE_HOOKS", "hooks_of", "takes_event", "without_hooks"]

HOOKS: Final[dict[str, str]] = {
    "calling.call.receive": "on_offer",
    "calling.call.collect": "on_collect",
    "calling.call.detect": "on_detect",
    "calling.call.play": "on_play",
    "calling.call.record": "on_record",
    "calling.call.transcribe": "on_transcribe",
    "calling.call.send_digits": "on_send_digits",
    "calling.call.fax": "on_fax",
    "calling.call.tap": "on_tap",
    "calling.call.stream": "on_stream",
    "calling.call.pay": "on_pay",
    "calling.call.connect": "on_connect",
    "calling.call.refer": "on_refer",
    "calling.call.queue": "on_queue",
    "calling.call.room": "on_room",
    "calling.conference": "on_conference",
    "calling.call.hold": "on_hold",
    "calling.call.denoise": "on_denoise",
    "calling.call.echo": "on_echo",
    "calling.user_event": "on_user_event",
    "calling.error": "on_error",
    "calling.ai.transcribe.utterance": "on_utterance",
    "calling.ai.translate.transcript_delta": "on_translation",
}
"""From an event's type to the hook that gets every event of that type."""

STATE_HOOKS: Final[dict[str, str]] = {
    "ringing": "on_ringing",
    "answered": "on_answered",
    "ending": "on_ending",
    "ended": "on_ended",
}
"""From a call's new state to its hook."""

RESULT_HOOKS: Final[dict[str, str]] = {"digit": "on_digits", "speech": "on_speech"}
"""From the type of a collected result to its hook."""

NAMES: Final = frozenset({*HOOKS.values(), *STATE_HOOKS.values(), *RESULT_HOOKS.values(), "on_ai", "on_event"})
"""The names of all hooks."""

without_hooks: set[type] = set()
"""Classes that are known to define no hook."""

_defined: dict[type, frozenset[str]] = {}
_POSITIONAL: Final = frozenset({Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD, Parameter.VAR_POSITIONAL})
_takes: dict[tuple[type, str], bool] = {}


def _defined_by(cls: type) -> frozenset[str]:
    names = _defined[cls] = frozenset(name for name in NAMES if callable(getattr(cls, name, None)))
    if not names:
        without_hooks.add(cls)
    return names


def hooks_of(cls: type, event: RelayEvent) -> list[str]:
    """Return the names of the hooks that ``cls`` defines for an event, the most specific first."""
    defined = _defined.get(cls)
    if defined is None:
        defined = _defined_by(cls)
    if not defined:
        return []
    wanted = [HOOKS.get(event.event_type, "")]
    if isinstance(event, CallStateEvent):
        wanted.insert(0, STATE_HOOKS.get(event.call_state, ""))
    elif isinstance(event, CollectEvent):
        wanted.insert(0, RESULT_HOOKS.get(event.type, ""))
    elif isinstance(event, AIEvent | AISessionEvent):
        wanted.append("on_ai")
    wanted.append("on_event")
    return [name for name in wanted if name in defined]


def takes_event(call: object, name: str) -> bool:
    """Return whether a hook that a call defines wants its event; ``def on_answered(self)`` does not."""
    key = (type(call), name)
    wants = _takes.get(key)
    if wants is None:
        kinds = {parameter.kind for parameter in signature(getattr(call, name)).parameters.values()}
        wants = _takes[key] = bool(kinds & _POSITIONAL)
    return wants
