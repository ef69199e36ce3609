"""An actor-model runtime for SignalWire RELAY: every live call is an actor with plain sequential code.

The names are loaded when they are first used: importing the package itself loads neither ssl nor gevent, so that the
``relay-runtime`` process can patch the standard library first.
"""

# ruff: noqa: F403, F405 - errors, actions, events and words of the protocol are imported by star; __all__ lists them

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from relay_actors.wire import constants

if TYPE_CHECKING:
    from relay_actors.call.actions import *
    from relay_actors.call.call import Call, CallActor
    from relay_actors.call.crash_policy import Say, Transfer
    from relay_actors.call.observer import CallObserver
    from relay_actors.call.retry import retrying
    from relay_actors.errors import *
    from relay_actors.kit.child import ActorStatus
    from relay_actors.kit.supervisor import Change
    from relay_actors.kit.turns import running_actor
    from relay_actors.messaging.message import Message
    from relay_actors.telemetry.status import CallsStatus, CallStatus, ConnectionStatus, QueuesStatus, Status
    from relay_actors.timing import Timing
    from relay_actors.wire.builders import audio, parallel, phone, ringtone, serial, silence, sip, tts
    from relay_actors.wire.constants import *
    from relay_actors.wire.events import *
    from relay_runtime.client.client import RelayClient
    from relay_runtime.metrics.collector import RelayCollector
    from relay_runtime.metrics.samples import MetricSamples, exposition, merged, samples
    from relay_runtime.process.health import not_ready
    from relay_runtime.watch.hub_lag import HubLag
    from relay_runtime.watch.tracing import CallTracer as CallTracer  # in no `__all__`: its extra need not be there

_HOMES = {
    "relay_actors.call.actions": ("ActionAborted",),
    "relay_actors.call.call": ("Call", "CallActor"),
    "relay_actors.call.crash_policy": ("Say", "Transfer"),
    "relay_actors.call.observer": ("CallObserver",),
    "relay_actors.messaging.message": ("Message",),
    "relay_actors.call.retry": ("retrying",),
    "relay_actors.kit.child": ("ActorStatus",),
    "relay_actors.telemetry.status": ("CallStatus", "CallsStatus", "ConnectionStatus", "QueuesStatus", "Status"),
    "relay_actors.kit.supervisor": ("Change",),
    "relay_actors.kit.turns": ("running_actor",),
    "relay_actors.timing": ("Timing",),
    "relay_actors.wire.builders": ("audio", "parallel", "phone", "ringtone", "serial", "silence", "sip", "tts"),
    "relay_runtime.client.client": ("RelayClient",),
    "relay_runtime.metrics.collector": ("RelayCollector",),
    "relay_runtime.metrics.samples": ("MetricSamples", "exposition", "merged", "samples"),
    "relay_runtime.process.health": ("not_ready",),
    "relay_runtime.watch.hub_lag": ("HubLag",),
    "relay_runtime.watch.tracing": ("CallTracer",),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}
# The others say themselves what they are: an event, an action, a word of the protocol in capitals, or else an error.
_HOMES_BY_ENDING = {"Event": "relay_actors.wire.events", "Action": "relay_actors.call.actions"}

__all__ = [
    "AIAction",
    "AIBeginSpeakingEvent",
    "AICompletionEvent",
    "AIEvent",
    "AIPartialResultEvent",
    "AIPostPromptEvent",
    "AIResponseEvent",
    "AIResponseUtteranceEvent",
    "AISessionEvent",
    "AISidecarEvent",
    "AISpeechDetectEvent",
    "AIStartEvent",
    "AIStopEvent",
    "AISwaigActionEvent",
    "AISwaigEvent",
    "AITransparentBargeEvent",
    "AIUserSpeakingEvent",
    "AIWarningEvent",
    "Action",
    "ActionAborted",
    "ActorStatus",
    "AuthenticationFailed",
    "AuthorizationStateEvent",
    "Call",
    "CallActor",
    "CallEnded",
    "CallEvent",
    "CallGone",
    "CallObserver",
    "CallReceiveEvent",
    "CallStateEvent",
    "CallStatus",
    "CallingErrorEvent",
    "CallsStatus",
    "Change",
    "ClientFailed",
    "ClientStopped",
    "CodeOverdue",
    "CollectAction",
    "CollectEvent",
    "ConferenceEvent",
    "ConnectEvent",
    "ConnectFailed",
    "ConnectionLost",
    "ConnectionStatus",
    "DenoiseEvent",
    "DetectAction",
    "DetectEvent",
    "DialEvent",
    "DialFailed",
    "EchoEvent",
    "FaxAction",
    "FaxEvent",
    "HoldEvent",
    "HubLag",
    "LiveSpeechEvent",
    "Message",
    "MessageExpired",
    "MessageReceiveEvent",
    "MessageStateEvent",
    "MetricSamples",
    "NotConnected",
    "PayAction",
    "PayEvent",
    "PlayAction",
    "PlayEvent",
    "QueueEvent",
    "QueuesStatus",
    "RecordAction",
    "RecordEvent",
    "ReferEvent",
    "RelayClient",
    "RelayCollector",
    "RelayError",
    "RelayEvent",
    "RelayTimeout",
    "RequestTimeout",
    "RoomEvent",
    "Say",
    "SendDigitsEvent",
    "SessionLost",
    "StandaloneCollectAction",
    "Status",
    "StreamAction",
    "StreamEvent",
    "TapAction",
    "TapEvent",
    "TaskEvent",
    "Timing",
    "TranscribeAction",
    "TranscribeEvent",
    "TranscribeLogEvent",
    "TranscribeSummaryEvent",
    "TranscribeUtteranceEvent",
    "Transfer",
    "TranslateDeltaEvent",
    "TranslateLogEvent",
    "TranslateSummaryEvent",
    "UserEvent",
    "audio",
    "exposition",
    "merged",
    "not_ready",
    "parallel",
    "phone",
    "retrying",
    "ringtone",
    "running_actor",
    "samples",
    "serial",
    "silence",
    "sip",
    "tts",
]
__all__ += constants.__all__


def _home(name: str) -> str | None:
    """Return the module that a public name lives in, or None for a name that is not public."""
    if name in _HOME or name not in __all__:
        return _HOME.get(name)
    by_ending = (home for ending, home in _HOMES_BY_ENDING.items() if name.endswith(ending))
    return next(by_ending, "relay_actors.wire.constants" if name.isupper() else "relay_actors.errors")


def __getattr__(name: str) -> Any:
    """Load a public name from the module it lives in, once.

    Raises:
        AttributeError: there is no such name.
        ImportError: it needs an extra that is not installed; the text says which.
    """
    module = _home(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "CallTracer"])
