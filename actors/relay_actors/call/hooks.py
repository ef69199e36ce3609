"""Which event calls which method of a class of calls.

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
on_told         what somebody has told the call by `RelayClient.tell`: any value, no event
=============== =================================================================================

A class pays only for the hooks that it defines. A hook may leave its argument out: ``def on_answered(self)``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from inspect import Parameter, Signature, signature
from typing import Any, Final

from relay_actors.wire.events import AIEvent, AISessionEvent, CallStateEvent, CollectEvent, RelayEvent

__all__ = ["HOOKS", "NAMES", "RESULT_HOOKS", "STATE_HOOKS", "Hooks", "found", "hooks_of", "takes_event"]

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

NAMES: Final = frozenset(
    {*HOOKS.values(), *STATE_HOOKS.values(), *RESULT_HOOKS.values(), "on_ai", "on_event", "on_told"}
)
"""The names of all hooks."""

_LAST: Final = "on_ended"
_POSITIONAL: Final = frozenset({Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD, Parameter.VAR_POSITIONAL})

Run = tuple[Callable[..., object], tuple[Any, ...]]


def found(cls: type, name: str) -> Any:
    """Return what a name stands for in a class, without calling a descriptor; None when it has none."""
    return next((vars(each)[name] for each in cls.__mro__ if name in vars(each)), None)


def takes_event(of: Signature) -> bool:
    """Return whether a hook takes its event, by the signature that it has when it is bound."""
    return bool({parameter.kind for parameter in of.parameters.values()} & _POSITIONAL)


class Hooks:
    """The hooks of a class: read from the class once, never through an instance.

    Args:
        cls: a class of calls.
        base: the class it is made from; its ``run`` and ``on_start`` do nothing.

    Attributes:
        any: whether it has hooks.
        has_adopted: whether it has an ``on_adopted`` of its own.
        has_run: whether it has a ``run`` of its own.
        has_start: whether it has an ``on_start`` of its own.
        by_function: whether its ``run`` is a function that was registered, which says less of what becomes of a call.
    """

    __slots__ = ("_cls", "_defined", "_takes_event", "any", "by_function", "has_adopted", "has_run", "has_start")

    def __init__(self, cls: type, base: type) -> None:
        self._cls = cls
        self._defined = {name: found(cls, name) for name in NAMES if callable(getattr(cls, name, None))}
        self._takes_event: dict[str, bool] = {}
        self.any = bool(self._defined)
        self.has_run = callable(getattr(cls, "run", None)) and found(cls, "run") is not found(base, "run")
        self.has_adopted = found(cls, "on_adopted") is not found(base, "on_adopted")
        self.by_function = False
        self.has_start = found(cls, "on_start") is not found(base, "on_start")

    def of(self, call: object, event: RelayEvent) -> Iterator[Run]:
        """Give what an event calls, the most specific first; the last hook of a call has its turn by `last`."""
        wanted = [HOOKS.get(event.event_type, "")]
        if isinstance(event, CallStateEvent):
            wanted.insert(0, STATE_HOOKS.get(event.call_state, ""))
        elif isinstance(event, CollectEvent):
            wanted.insert(0, RESULT_HOOKS.get(event.type, ""))
        elif isinstance(event, AIEvent | AISessionEvent):
            wanted.append("on_ai")
        wanted.append("on_event")
        for name in wanted:
            if name in self._defined and name != _LAST:
                yield self._run(call, name, event)

    def last(self, call: object, event: RelayEvent | None) -> Run | None:
        """Return what is called when nothing else of a call is left to run, or None."""
        return self._run(call, _LAST, event) if _LAST in self._defined else None

    def told(self, call: object, value: Any) -> Run | None:
        """Return what is called with something that a call is told, or None."""
        return self._run(call, "on_told", value) if "on_told" in self._defined else None

    def _run(self, call: object, name: str, event: Any) -> Run:
        raw = self._defined[name]
        hook: Callable[..., object] = raw.__get__(call, self._cls) if hasattr(raw, "__get__") else raw
        wants = self._takes_event.get(name)
        if wants is None:
            wants = self._takes_event[name] = takes_event(signature(hook))
        return hook, (event,) if wants else ()


hooks_of: Final[dict[type, Hooks]] = {}
"""From a class to its hooks, once they were read."""
