"""Events of AI sessions, live transcription and live translation; they belong to a call, not to an operation.

Times of sessions are in epoch microseconds.
"""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from relay_actors.wire.events.base import CallEvent
from relay_actors.wire.frames import EMPTY, as_dict
from relay_actors.wire.values import Amount, Percent

__all__ = [
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
    "LiveSpeechEvent",
    "TranscribeLogEvent",
    "TranscribeSummaryEvent",
    "TranscribeUtteranceEvent",
    "TranslateDeltaEvent",
    "TranslateLogEvent",
    "TranslateSummaryEvent",
]


class AIEvent(CallEvent, frozen=True, kw_only=True):
    """The AI session of an action is over: ``finished`` or ``error``."""

    EVENT_TYPE: ClassVar[str] = "calling.call.ai"

    state: str = ""


class AISessionEvent(CallEvent, frozen=True, kw_only=True):
    """Something happened in an AI session of the call."""


class AIStartEvent(AISessionEvent, frozen=True, kw_only=True):
    """The AI session began."""

    EVENT_TYPE: ClassVar[str] = "calling.ai.start"


class AIUserSpeakingEvent(AISessionEvent, frozen=True, kw_only=True):
    """The caller began to speak."""

    EVENT_TYPE: ClassVar[str] = "calling.ai.user_speaking"


class AICompletionEvent(AISessionEvent, frozen=True, kw_only=True):
    """The assistant's turn is done; ``type`` is ``normal``, or ``barged`` when the caller cut it short."""

    EVENT_TYPE: ClassVar[str] = "calling.ai.completion"

    text: str = ""
    type: str = ""


class AIResponseEvent(AISessionEvent, frozen=True, kw_only=True):
    """The full text of the assistant's turn."""

    EVENT_TYPE: ClassVar[str] = "calling.ai.response"

    response: str = ""


class AIResponseUtteranceEvent(AISessionEvent, frozen=True, kw_only=True):
    """One spoken piece of the assistant's answer."""

    EVENT_TYPE: ClassVar[str] = "calling.ai.response_utterance"

    utterance: str = ""


class AISpeechDetectEvent(AISessionEvent, frozen=True, kw_only=True):
    """The final transcript of the caller's turn."""

    EVENT_TYPE: ClassVar[str] = "calling.ai.speech_detect"

    text: str = ""


class AIPartialResultEvent(AISessionEvent, frozen=True, kw_only=True):
    """An interim transcript; ``barged`` tells that it interrupted the assistant."""

    EVENT_TYPE: ClassVar[str] = "calling.ai.partial_result"

    text: str = ""
    barged: bool | None = None


class AIBeginSpeakingEvent(AISessionEvent, frozen=True, kw_only=True):
    """The assistant began to speak."""

    EVENT_TYPE: ClassVar[str] = "calling.ai.begin_speaking"


class AIWarningEvent(AISessionEvent, frozen=True, kw_only=True):
    """A problem that does not end the session; ``tokens`` is the length of the prompt."""

    EVENT_TYPE: ClassVar[str] = "calling.ai.warning"

    error: str = ""
    tokens: Amount = 0


class AITransparentBargeEvent(AISessionEvent, frozen=True, kw_only=True):
    """What the caller said before and after an interruption, as one text."""

    EVENT_TYPE: ClassVar[str] = "calling.ai.transparent_barge"

    combined_text: str = ""


class AIStopEvent(AISessionEvent, frozen=True, kw_only=True):
    """The AI session is over; ``wallet_paused_sec`` is in seconds."""

    EVENT_TYPE: ClassVar[str] = "calling.ai.stop"

    start_time: Amount | None = None
    end_time: Amount | None = None
    wallet_paused_sec: Amount | None = None
    raw_billing: msgspec.Raw = msgspec.field(default=EMPTY, name="billing")

    @property
    def billing(self) -> dict[str, Any]:
        """What the session is billed for; its form is the server's."""
        return as_dict(self.raw_billing)


class AIPostPromptEvent(AISessionEvent, frozen=True, kw_only=True):
    """The result of the post prompt; its form is free: see ``params``."""

    EVENT_TYPE: ClassVar[str] = "calling.ai.post_prompt"


class AISwaigEvent(AISessionEvent, frozen=True, kw_only=True):
    """A tool was called; its form is free: see ``params``."""

    EVENT_TYPE: ClassVar[str] = "calling.ai.swaig"


class AISwaigActionEvent(AISessionEvent, frozen=True, kw_only=True):
    """A tool returned an action; its form is free: see ``params``."""

    EVENT_TYPE: ClassVar[str] = "calling.ai.swaig_action"


class LiveSpeechEvent(AISessionEvent, frozen=True, kw_only=True):
    """What all events of live transcription, translation and the sidecar have."""

    raw_call_info: msgspec.Raw = msgspec.field(default=EMPTY, name="call_info")
    raw_channel_data: msgspec.Raw = msgspec.field(default=EMPTY, name="channel_data")

    @property
    def call_info(self) -> dict[str, Any]:
        """The session's context."""
        return as_dict(self.raw_call_info)

    @property
    def channel_data(self) -> dict[str, Any]:
        """The channel's context."""
        return as_dict(self.raw_channel_data)

    def _object(self, name: str) -> dict[str, Any]:
        value = self.params.get(name)
        return value if isinstance(value, dict) else {}

    def _log(self, name: str) -> list[dict[str, Any]]:
        value = self.params.get(name)
        return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


class TranscribeUtteranceEvent(LiveSpeechEvent, frozen=True, kw_only=True):
    """One utterance was recognised; ``confidence`` is about 0 to 1."""

    EVENT_TYPE: ClassVar[str] = "calling.ai.transcribe.utterance"

    confidence: Percent | None = None

    @property
    def utterance(self) -> dict[str, Any]:
        """What was said: ``{"role": …, "content": …, "lang": …, "utterance_id": …, "timestamp": …}``."""
        return self._object("utterance")

    @property
    def text(self) -> str:
        """The words."""
        value = self.utterance.get("content")
        return value if isinstance(value, str) else ""

    @property
    def role(self) -> str:
        """Who spoke: ``remote-caller`` or ``local-caller``."""
        value = self.utterance.get("role")
        return value if isinstance(value, str) else ""


class TranscribeSummaryEvent(LiveSpeechEvent, frozen=True, kw_only=True):
    """The answer to the action ``summarize`` of a live transcription."""

    EVENT_TYPE: ClassVar[str] = "calling.ai.transcribe.live_summarize"

    conversation_summary: str = ""

    @property
    def conversation_log(self) -> list[dict[str, Any]]:
        """The turns so far."""
        return self._log("conversation_log")


class TranscribeLogEvent(LiveSpeechEvent, frozen=True, kw_only=True):
    """The whole log at the end of a live transcription."""

    EVENT_TYPE: ClassVar[str] = "calling.ai.transcribe.conversation_log"

    conversation_summary: str = ""

    @property
    def conversation_log(self) -> list[dict[str, Any]]:
        """The turns."""
        return self._log("conversation_log")

    @property
    def metrics(self) -> dict[str, Any]:
        """Counters of turns and words."""
        return self._object("metrics")


class TranslateDeltaEvent(LiveSpeechEvent, frozen=True, kw_only=True):
    """A piece of source or translated text."""

    EVENT_TYPE: ClassVar[str] = "calling.ai.translate.transcript_delta"

    @property
    def input_utterance(self) -> dict[str, Any]:
        """The source side, ``{"language": …, "delta": …}``, or an empty dict."""
        return self._object("input_utterance")

    @property
    def output_utterance(self) -> dict[str, Any]:
        """The translated side, ``{"language": …, "delta": …}``, or an empty dict."""
        return self._object("output_utterance")


class _TwoLogs(LiveSpeechEvent, frozen=True, kw_only=True):
    """A conversation in two languages."""

    primary_conversation_summary: str = ""
    secondary_conversation_summary: str = ""

    @property
    def primary_conversation_log(self) -> list[dict[str, Any]]:
        """The turns in the source language."""
        return self._log("primary_conversation_log")

    @property
    def secondary_conversation_log(self) -> list[dict[str, Any]]:
        """The turns in the translated language."""
        return self._log("secondary_conversation_log")


class TranslateSummaryEvent(_TwoLogs, frozen=True, kw_only=True):
    """The answer to the action ``summarize`` of a live translation."""

    EVENT_TYPE: ClassVar[str] = "calling.ai.translate.live_summary"


class TranslateLogEvent(_TwoLogs, frozen=True, kw_only=True):
    """Both logs at the end of a live translation."""

    EVENT_TYPE: ClassVar[str] = "calling.ai.translate.conversation_log"

    @property
    def translate_data(self) -> dict[str, Any]:
        """The settings of each leg."""
        return self._object("translate_data")


class AISidecarEvent(LiveSpeechEvent, frozen=True, kw_only=True):
    """Something that the AI observer of a call did."""

    EVENT_TYPE: ClassVar[str] = "calling.ai.sidecar"

    @property
    def sidecar_event(self) -> dict[str, Any]:
        """What it did: ``{"type": "insight" | "ask_answer" | …, "ts": …, "tick_id": …, …}``."""
        return self._object("sidecar_event")

    @property
    def type(self) -> str:
        """The kind of thing it did, such as ``insight``."""
        value = self.sidecar_event.get("type")
        return value if isinstance(value, str) else ""
