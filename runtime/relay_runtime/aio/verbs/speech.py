"""Verbs of live transcription and translation, awaited.

Written by tools/aio_verbs.py; change the original and run it again.
"""

from __future__ import annotations

from typing import Any

from relay_actors.call.verbs import speech as model
from relay_runtime.aio.verbs.base import Verbs

__all__ = ["SpeechVerbs"]


class SpeechVerbs(Verbs):
    """Live transcription and translation."""

    __slots__ = ()

    async def live_transcribe(self, action: dict[str, Any] | str, **kwargs: Any) -> dict[str, Any]:
        """Start, stop or summarise a live transcription (``calling.live_transcribe``) and return the reply.

        What is said comes as ``calling.ai.transcribe.utterance`` (hook ``on_utterance``).

        Args:
            action: ``{"start": {"lang": "en-US", "direction": ["remote-caller", "local-caller"], …}}``,
                ``{"stop": {}}`` or ``"stop"``, ``{"summarize": {…}}`` or ``"summarize"``. The flat form
                ``{"action": "start", …}`` is turned into the nested one.
            kwargs: further params, passed to the wire.

        Raises:
            ValueError: a value is out of what the server accepts; nothing was sent.
            RelayError: the server refused.
        """
        return await self._ask(model.SpeechVerbs.live_transcribe, action, **kwargs)

    async def live_translate(
        self, action: dict[str, Any] | str, *, status_url: str | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        """Start, stop, summarise or speak into a live translation (``calling.live_translate``); return the reply.

        What is said comes as ``calling.ai.translate.transcript_delta`` (hook ``on_translation``).

        Args:
            action: ``{"start": {"from_lang": "en-US", "to_lang": "es-ES", "direction": ["remote-caller"], …}}``,
                ``{"inject": {"message": …, "direction": "remote-caller"}}``, or as for `live_transcribe`.
            status_url: accepted by the server and not used.
            kwargs: further params, passed to the wire.

        Raises:
            ValueError: a value is out of what the server accepts; nothing was sent.
            RelayError: the server refused.
        """
        return await self._ask(model.SpeechVerbs.live_translate, action, status_url=status_url, **kwargs)
