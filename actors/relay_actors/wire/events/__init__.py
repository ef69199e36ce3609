"""Every event of the server as a typed, immutable value.

An event has its envelope (type, time, project) and the fields of its own body. Bodies are read leniently: unknown
fields pass (they are in ``params``), a field of an unexpected type counts as absent, an unknown type becomes a plain
`RelayEvent`. Objects inside a body are handed out as fresh dicts, so that no reader can change what another sees.
"""

from __future__ import annotations

from relay_actors.wire.events.ai import (
    AIBeginSpeakingEvent,
    AICompletionEvent,
    AIEvent,
    AIPartialResultEvent,
    AIPostPromptEvent,
    AIResponseEvent,
    AIResponseUtteranceEvent,
    AISessionEvent,
    AISidecarEvent,
    AISpeechDetectEvent,
    AIStartEvent,
    AIStopEvent,
    AISwaigActionEvent,
    AISwaigEvent,
    AITransparentBargeEvent,
    AIUserSpeakingEvent,
    AIWarningEvent,
    LiveSpeechEvent,
    TranscribeLogEvent,
    TranscribeSummaryEvent,
    TranscribeUtteranceEvent,
    TranslateDeltaEvent,
    TranslateLogEvent,
    TranslateSummaryEvent,
)
from relay_actors.wire.events.base import CallEvent, RelayEvent
from relay_actors.wire.events.calls import (
    AuthorizationStateEvent,
    CallReceiveEvent,
    CallStateEvent,
    ConnectEvent,
    DenoiseEvent,
    DialEvent,
    EchoEvent,
    HoldEvent,
    ReferEvent,
)
from relay_actors.wire.events.gather import CollectEvent, DetectEvent, PayEvent
from relay_actors.wire.events.media import (
    FaxEvent,
    PlayEvent,
    RecordEvent,
    SendDigitsEvent,
    StreamEvent,
    TapEvent,
    TranscribeEvent,
)
from relay_actors.wire.events.messages import MessageReceiveEvent, MessageStateEvent, TaskEvent
from relay_actors.wire.events.parse import EVENT_CLASSES, make_event
from relay_actors.wire.events.parse import (
    parse_event as parse_event,  # in no `__all__`: the face for asyncio has its own
)
from relay_actors.wire.events.services import (
    CallingErrorEvent,
    ConferenceEvent,
    QueueEvent,
    RoomEvent,
    UserEvent,
)

__all__ = [
    "EVENT_CLASSES",
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
    "AuthorizationStateEvent",
    "CallEvent",
    "CallReceiveEvent",
    "CallStateEvent",
    "CallingErrorEvent",
    "CollectEvent",
    "ConferenceEvent",
    "ConnectEvent",
    "DenoiseEvent",
    "DetectEvent",
    "DialEvent",
    "EchoEvent",
    "FaxEvent",
    "HoldEvent",
    "LiveSpeechEvent",
    "MessageReceiveEvent",
    "MessageStateEvent",
    "PayEvent",
    "PlayEvent",
    "QueueEvent",
    "RecordEvent",
    "ReferEvent",
    "RelayEvent",
    "RoomEvent",
    "SendDigitsEvent",
    "StreamEvent",
    "TapEvent",
    "TaskEvent",
    "TranscribeEvent",
    "TranscribeLogEvent",
    "TranscribeSummaryEvent",
    "TranscribeUtteranceEvent",
    "TranslateDeltaEvent",
    "TranslateLogEvent",
    "TranslateSummaryEvent",
    "UserEvent",
    "make_event",
]
