"""calling.live_transcribe and calling.live_translate (protocol 7.6)."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct

from relay_runtime.sandbox.calls.action import Unnamed
from relay_runtime.sandbox.calls.call import Call
from relay_runtime.sandbox.ground.clock import epoch_us
from relay_runtime.sandbox.ground.fields import Filled
from relay_runtime.sandbox.ground.ids import new_id
from relay_runtime.sandbox.ground.line import Heard
from relay_runtime.sandbox.verbs import documented
from relay_runtime.sandbox.verbs.table import Params, RefusalError, fresh, running, verb

Side = Literal["local-caller", "remote-caller"]
Sides = Annotated[list[Side], Meta(min_length=1)]
_SUMMARY: Final = "The caller spoke."


class Start(Struct, kw_only=True):
    """Settings that both have."""

    direction: Sides
    webhook: str = ""
    ai_summary: bool = False
    live_events: bool = True


class TranscribeStart(Start, kw_only=True):
    """Settings of a live transcription."""

    lang: Filled


class TranslateStart(Start, kw_only=True):
    """Settings of a live translation."""

    from_lang: Filled
    to_lang: Filled


class Summarize(Struct):
    """What a summary is asked for with."""

    webhook: str = ""
    prompt: str = ""


class Inject(Struct):
    """A text to translate and speak."""

    message: Filled
    direction: Side


class TranscribeAction(Struct):
    """Exactly one of the three."""

    start: TranscribeStart | None = None
    stop: dict[str, Any] | None = None
    summarize: Summarize | None = None


class TranslateAction(Struct):
    """Exactly one of the four."""

    start: TranslateStart | None = None
    stop: dict[str, Any] | None = None
    summarize: Summarize | None = None
    inject: Inject | None = None


class LiveTranscribeParams(Params):
    """Params of calling.live_transcribe; ``stop`` and ``summarize`` may be bare texts."""

    action: TranscribeAction | Literal["stop", "summarize"]


class LiveTranslateParams(Params):
    """Params of calling.live_translate; ``stop`` and ``summarize`` may be bare texts."""

    action: TranslateAction | Literal["stop", "summarize"]
    status_url: str = ""


class Live(Unnamed):
    """What both have in common: a log of what the far end said, and where results go.

    Args:
        call: the call.
        webhook: a URL to which results go in place of the socket.
        language: the language that is spoken.
    """

    def __init__(self, call: Call, webhook: str, language: str) -> None:
        super().__init__(call)
        self._webhook = webhook
        self._language = language
        self.log: list[dict[str, Any]] = []

    def start(self) -> None:
        """Listen."""
        self.listen()

    def tell(self, event: str, webhook: str = "", **fields: Any) -> None:
        """Send an event of the session, unless its results go elsewhere."""
        if webhook or self._webhook:
            return
        about = {"content_type": "text/swaig", "content_disposition": "live", "call_id": self.call.call_id}
        self.call.event(event, **fields, call_info={**about, "conversation_type": "voice"}, channel_data=about)

    def on_speech_ends(self, text: str) -> None:
        """Write down what was said."""
        self.log.append({"role": "remote-caller", "content": text, "confidence": 0.95, "language": self._language})
        self.utterance(text)

    def utterance(self, text: str) -> None:
        """Report what was said."""


class LiveTranscribe(Live):
    """A live transcription."""

    kind = "live_transcribe"

    def utterance(self, text: str) -> None:
        """Report what was said."""
        spoken = {
            "role": "remote-caller",
            "content": text,
            "lang": self._language,
            "utterance_id": new_id(),
            "timestamp": epoch_us(),
            "confidence": 0.95,
        }
        self.tell("calling.ai.transcribe.utterance", confidence=0.95, utterance=spoken)

    def summarize(self, webhook: str = "") -> None:
        """Send a summary."""
        event = "calling.ai.transcribe.live_summarize"
        self.tell(event, webhook, conversation_log=self.log, conversation_summary=_SUMMARY)

    def stop(self) -> None:
        """End, with the whole log."""
        metrics = {"total_utterances": len(self.log), "remote_caller_turns": len(self.log)}
        self.tell("calling.ai.transcribe.conversation_log", conversation_log=self.log, metrics=metrics)
        self.close()


class LiveTranslate(Live):
    """A live translation; what it translates to is marked with the language.

    Args:
        call: the call.
        settings: what was asked for.
    """

    kind = "live_translate"

    def __init__(self, call: Call, settings: TranslateStart) -> None:
        super().__init__(call, settings.webhook, settings.from_lang)
        self._settings = settings

    def translated(self, text: str) -> str:
        """Return a text in the other language, as far as the sandbox knows it."""
        return f"[{self._settings.to_lang}] {text}"

    def utterance(self, text: str) -> None:
        """Report both sides of what was said."""
        event, to_lang = "calling.ai.translate.transcript_delta", self._settings.to_lang
        self.tell(event, input_utterance={"language": self._language, "delta": text})
        self.tell(event, output_utterance={"language": to_lang, "delta": self.translated(text)})

    def inject(self, what: Inject) -> None:
        """Speak a text to one side."""
        if what.direction == "remote-caller":
            words = self.translated(what.message)
            seconds = self.ground.speech_seconds(words)
            self.line.plays(Heard(self.clock, "tts", words, seconds))

    def _logs(self) -> dict[str, Any]:
        there = [{**entry, "content": self.translated(entry["content"])} for entry in self.log]
        return {"primary_conversation_log": self.log, "secondary_conversation_log": there}

    def summarize(self, webhook: str = "") -> None:
        """Send a summary in both languages."""
        both = {"primary_conversation_summary": _SUMMARY, "secondary_conversation_summary": self.translated(_SUMMARY)}
        self.tell("calling.ai.translate.live_summary", webhook, **both, **self._logs())

    def stop(self) -> None:
        """End, with both logs."""
        self.tell("calling.ai.translate.conversation_log", **self._logs(), translate_data={})
        self.close()


def _chosen(action: TranscribeAction | TranslateAction | str, method: str) -> str:
    """Return which one of the actions is asked for.

    Raises:
        RefusalError: none or several of them (400).
    """
    if isinstance(action, str):
        return action
    given = [name for name in action.__struct_fields__ if getattr(action, name) is not None]
    if len(given) != 1:
        raise RefusalError("400", f"{method}: action needs exactly one of {', '.join(action.__struct_fields__)}")
    return given[0]


def _running(call: Call, kind: type[LiveTranscribe | LiveTranslate]) -> Any:
    return running(call, kind, complaint=f"No {kind.kind} is running on this call")


def _start(call: Call, session: Live) -> None:
    fresh(call, type(session), complaint=f"A {session.kind} is already running on this call")
    call.begin(session)


@verb("calling.live_transcribe", "+OK", LiveTranscribeParams, in_schema=documented.live_transcribe)
def live_transcribe(call: Call, params: LiveTranscribeParams) -> None:
    """Start, stop or summarise a live transcription."""
    action = params.action
    what = _chosen(action, "calling.live_transcribe")
    if isinstance(action, TranscribeAction) and action.start is not None:
        _start(call, LiveTranscribe(call, action.start.webhook, action.start.lang))
    elif what == "stop":
        _running(call, LiveTranscribe).stop()
    else:
        asked = action.summarize if isinstance(action, TranscribeAction) else None
        _running(call, LiveTranscribe).summarize(asked.webhook if asked else "")


@verb("calling.live_translate", "+OK", LiveTranslateParams, in_schema=documented.live_translate)
def live_translate(call: Call, params: LiveTranslateParams) -> None:
    """Start, stop, summarise a live translation, or speak through it."""
    action = params.action
    what = _chosen(action, "calling.live_translate")
    if isinstance(action, TranslateAction) and action.start is not None:
        _start(call, LiveTranslate(call, action.start))
    elif isinstance(action, TranslateAction) and action.inject is not None:
        _running(call, LiveTranslate).inject(action.inject)
    elif what == "stop":
        _running(call, LiveTranslate).stop()
    else:
        asked = action.summarize if isinstance(action, TranslateAction) else None
        _running(call, LiveTranslate).summarize(asked.webhook if asked else "")
