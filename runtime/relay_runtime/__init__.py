"""An actor-model runtime for SignalWire RELAY: every live call is an actor with plain sequential code.

The names are loaded when they are first used: importing the package itself loads neither ssl nor gevent, so that the
``relay-runtime`` process can patch the standard library first.
"""

# ruff: noqa: F403, F405 - errors, actions, events and words of the protocol are imported by star; __all__ lists them

from __future__ import annotations

TYPE_CHECKING = False  # as checkers know the name: the command loads nothing before it takes Ctrl-C
if TYPE_CHECKING:
    from typing import Any

    from relay_actors.call.actions import *
    from relay_actors.call.call import Call, CallActor, CallClient
    from relay_actors.call.crash_policy import Say, Transfer
    from relay_actors.call.observer import CallObserver
    from relay_actors.call.retry import retrying
    from relay_actors.call.setup import CallSetup
    from relay_actors.errors import *
    from relay_actors.kit.child import ActorStatus
    from relay_actors.kit.supervisor import Change
    from relay_actors.kit.turns import running_actor
    from relay_actors.messaging.message import Message
    from relay_actors.telemetry.status import (
        CallsStatus,
        CallStatus,
        ConnectionStatus,
        FleetStatus,
        QueuesStatus,
        Status,
    )
    from relay_actors.timing import Timing
    from relay_actors.wire.builders import audio, parallel, phone, ringtone, serial, silence, sip, tts
    from relay_actors.wire.constants import *
    from relay_actors.wire.dicts import *
    from relay_actors.wire.events import *
    from relay_runtime.campaign.campaign import Campaign
    from relay_runtime.campaign.item import CampaignItem
    from relay_runtime.campaign.outcome import CampaignOutcome
    from relay_runtime.campaign.retry import Retry
    from relay_runtime.client.client import RelayClient
    from relay_runtime.client.handlers import CallFactory
    from relay_runtime.fleet.errors import FleetError, FleetTimeout
    from relay_runtime.fleet.settings import FleetSettings
    from relay_runtime.metrics.collector import RelayCollector
    from relay_runtime.metrics.samples import MetricSamples, exposition, merged, samples
    from relay_runtime.process.health import not_ready
    from relay_runtime.process.running import run
    from relay_runtime.recording.reading import Recording, RecordingError, read_recording
    from relay_runtime.recording.recorder import Recorder
    from relay_runtime.watch.hub_lag import HubLag
    from relay_runtime.watch.tracing import CallTracer as CallTracer  # in no `__all__`: its extra need not be there

_HOMES = {
    "relay_actors.call.actions": ("ActionAborted",),
    "relay_actors.call.call": ("Call", "CallActor", "CallClient"),
    "relay_actors.call.crash_policy": ("Say", "Transfer"),
    "relay_actors.call.observer": ("CallObserver",),
    "relay_actors.messaging.message": ("Message",),
    "relay_actors.call.retry": ("retrying",),
    "relay_actors.call.setup": ("CallSetup",),
    "relay_actors.kit.child": ("ActorStatus",),
    "relay_actors.telemetry.status": (
        *("CallStatus", "CallsStatus", "ConnectionStatus", "FleetStatus", "QueuesStatus", "Status"),
    ),
    "relay_actors.kit.supervisor": ("Change",),
    "relay_actors.kit.turns": ("running_actor",),
    "relay_actors.timing": ("Timing",),
    "relay_actors.wire.builders": ("audio", "parallel", "phone", "ringtone", "serial", "silence", "sip", "tts"),
    "relay_runtime.campaign.campaign": ("Campaign",),
    "relay_runtime.campaign.item": ("CampaignItem",),
    "relay_runtime.campaign.outcome": ("CampaignOutcome",),
    "relay_runtime.campaign.retry": ("Retry",),
    "relay_actors.wire.dicts": (
        "Collect",
        "CollectDigits",
        "CollectSpeech",
        "Detector",
        "DialDevices",
        "Header",
        "PayParameter",
        "PayPrompt",
        "PayPromptStep",
        "PromptDigits",
        "RecordAudio",
        "Tap",
    ),
    "relay_runtime.client.client": ("RelayClient",),
    "relay_runtime.client.handlers": ("CallFactory",),
    "relay_runtime.fleet.errors": ("FleetError", "FleetTimeout"),
    "relay_runtime.fleet.settings": ("FleetSettings",),
    "relay_runtime.metrics.collector": ("RelayCollector",),
    "relay_runtime.metrics.samples": ("MetricSamples", "exposition", "merged", "samples"),
    "relay_runtime.process.health": ("not_ready",),
    "relay_runtime.process.running": ("run",),
    "relay_runtime.recording.reading": ("Recording", "RecordingError", "read_recording"),
    "relay_runtime.recording.recorder": ("Recorder",),
    "relay_runtime.watch.hub_lag": ("HubLag",),
    "relay_runtime.watch.tracing": ("CallTracer",),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}
# The others say themselves what they are: an event, an action, a dict, a word of the protocol in capitals, or else an
# error.
_HOMES_BY_ENDING = {
    "Event": "relay_actors.wire.events",
    "Action": "relay_actors.call.actions",
    "Device": "relay_actors.wire.dicts",
    "Medium": "relay_actors.wire.dicts",
    "Params": "relay_actors.wire.dicts",
}

__all__ = [
    "CALL_STATES",
    "CALL_STATE_ANSWERED",
    "CALL_STATE_CREATED",
    "CALL_STATE_ENDED",
    "CALL_STATE_ENDING",
    "CALL_STATE_RINGING",
    "CONNECT_STATE_CONNECTED",
    "CONNECT_STATE_CONNECTING",
    "CONNECT_STATE_DISCONNECTED",
    "CONNECT_STATE_FAILED",
    "DETECT_TYPE_DIGIT",
    "DETECT_TYPE_FAX",
    "DETECT_TYPE_MACHINE",
    "END_REASON_ABANDONED",
    "END_REASON_BUSY",
    "END_REASON_CANCEL",
    "END_REASON_DECLINE",
    "END_REASON_ERROR",
    "END_REASON_HANGUP",
    "END_REASON_MAX_DURATION",
    "END_REASON_NOT_FOUND",
    "END_REASON_NO_ANSWER",
    "EVENT_AUTHORIZATION_STATE",
    "EVENT_CALLING_ERROR",
    "EVENT_CALL_AI",
    "EVENT_CALL_COLLECT",
    "EVENT_CALL_CONNECT",
    "EVENT_CALL_DENOISE",
    "EVENT_CALL_DETECT",
    "EVENT_CALL_DIAL",
    "EVENT_CALL_ECHO",
    "EVENT_CALL_FAX",
    "EVENT_CALL_HOLD",
    "EVENT_CALL_PAY",
    "EVENT_CALL_PLAY",
    "EVENT_CALL_QUEUE",
    "EVENT_CALL_RECEIVE",
    "EVENT_CALL_RECORD",
    "EVENT_CALL_REFER",
    "EVENT_CALL_ROOM",
    "EVENT_CALL_SEND_DIGITS",
    "EVENT_CALL_STATE",
    "EVENT_CALL_STREAM",
    "EVENT_CALL_TAP",
    "EVENT_CALL_TRANSCRIBE",
    "EVENT_CONFERENCE",
    "EVENT_MESSAGING_RECEIVE",
    "EVENT_MESSAGING_STATE",
    "EVENT_TASK",
    "EVENT_USER_EVENT",
    "MESSAGE_STATE_DELIVERED",
    "MESSAGE_STATE_FAILED",
    "MESSAGE_STATE_INITIATED",
    "MESSAGE_STATE_QUEUED",
    "MESSAGE_STATE_RECEIVED",
    "MESSAGE_STATE_SENT",
    "MESSAGE_STATE_UNDELIVERED",
    "MESSAGE_TERMINAL_STATES",
    "PLAY_STATE_ERROR",
    "PLAY_STATE_FINISHED",
    "PLAY_STATE_PAUSED",
    "PLAY_STATE_PLAYING",
    "RECORD_STATE_FINISHED",
    "RECORD_STATE_NO_INPUT",
    "RECORD_STATE_PAUSED",
    "RECORD_STATE_RECORDING",
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
    "AudioMedium",
    "AudioParams",
    "AuthenticationFailed",
    "AuthorizationStateEvent",
    "Call",
    "CallActor",
    "CallClient",
    "CallDevice",
    "CallDeviceParams",
    "CallEnded",
    "CallEvent",
    "CallFactory",
    "CallGone",
    "CallObserver",
    "CallReceiveEvent",
    "CallSetup",
    "CallStateEvent",
    "CallStatus",
    "CallingErrorEvent",
    "CallsStatus",
    "Campaign",
    "CampaignItem",
    "CampaignOutcome",
    "Change",
    "ClientFailed",
    "ClientStopped",
    "CodeOverdue",
    "Collect",
    "CollectAction",
    "CollectDigits",
    "CollectEvent",
    "CollectSpeech",
    "CommandTooLarge",
    "ConferenceEvent",
    "ConnectDevice",
    "ConnectEvent",
    "ConnectFailed",
    "ConnectionLost",
    "ConnectionStatus",
    "DenoiseEvent",
    "DetectAction",
    "DetectEvent",
    "Detector",
    "DetectorParams",
    "DialDevice",
    "DialDevices",
    "DialEvent",
    "DialFailed",
    "EchoEvent",
    "FabricDevice",
    "FabricParams",
    "FaxAction",
    "FaxEvent",
    "FleetError",
    "FleetSettings",
    "FleetStatus",
    "FleetTimeout",
    "Header",
    "HoldEvent",
    "HubLag",
    "LiveSpeechEvent",
    "Medium",
    "Message",
    "MessageExpired",
    "MessageReceiveEvent",
    "MessageStateEvent",
    "MetricSamples",
    "NotConnected",
    "PayAction",
    "PayEvent",
    "PayParameter",
    "PayPrompt",
    "PayPromptStep",
    "PhoneDevice",
    "PhoneParams",
    "PlayAction",
    "PlayEvent",
    "PromptDigits",
    "QueueDevice",
    "QueueDeviceParams",
    "QueueEvent",
    "QueuesStatus",
    "RTPTapDevice",
    "RTPTapParams",
    "RecordAction",
    "RecordAudio",
    "RecordEvent",
    "Recorder",
    "Recording",
    "RecordingError",
    "ReferDevice",
    "ReferEvent",
    "ReferParams",
    "RelayClient",
    "RelayCollector",
    "RelayError",
    "RelayEvent",
    "RelayTimeout",
    "RequestTimeout",
    "Retry",
    "RingtoneMedium",
    "RingtoneParams",
    "RoomEvent",
    "SIPDevice",
    "SIPParams",
    "Say",
    "SendDigitsEvent",
    "SessionLost",
    "SilenceMedium",
    "SilenceParams",
    "StandaloneCollectAction",
    "Status",
    "StreamAction",
    "StreamDevice",
    "StreamEvent",
    "StreamParams",
    "TTSMedium",
    "TTSParams",
    "Tap",
    "TapAction",
    "TapDevice",
    "TapEvent",
    "TapParams",
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
    "WSTapDevice",
    "WSTapParams",
    "audio",
    "exposition",
    "merged",
    "not_ready",
    "parallel",
    "phone",
    "read_recording",
    "retrying",
    "ringtone",
    "run",
    "running_actor",
    "samples",
    "serial",
    "silence",
    "sip",
    "tts",
]


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
        ImportError: what it needs is not there: an extra that is not installed, say, or a system call of this platform.
            The text says what.
    """
    module = _home(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - as above

    try:
        value = getattr(import_module(module), name)
    except AttributeError as error:  # which an import statement, and hasattr, would take for a name that is not there
        raise ImportError(f"{__name__}.{name} can't be loaded: {error}") from error
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "CallTracer"])
