"""Examples of the verbs of live transcription and translation."""

from __future__ import annotations

from relay_runtime import Call
from verb_examples.staging import staged

__all__ = ["live_transcribe", "live_translate"]


@staged(line=lambda line: line.waits(1).says("I would like to cancel my order."))
def live_transcribe(call: Call) -> None:
    """Have what both sides say written down, line by line."""
    call.live_transcribe({"start": {"lang": "en-US", "direction": ["remote-caller", "local-caller"]}})
    call.wait_for("calling.ai.transcribe.utterance")
    call.live_transcribe("stop")


@staged(line=lambda line: line.waits(1).says("I would like to cancel my order."))
def live_translate(call: Call) -> None:
    """Have what the caller says translated into Spanish, and say something yourself."""
    call.live_translate({"start": {"from_lang": "en-US", "to_lang": "es-ES", "direction": ["remote-caller"]}})
    call.wait_for("calling.ai.translate.transcript_delta")
    call.live_translate({"inject": {"message": "One moment, please.", "direction": "remote-caller"}})
    call.live_translate("stop")
