"""Verbs of live transcription and translation (protocol 7.6)."""

from __future__ import annotations

from typing import Any

from relay_actors.call.commands import invoke
from relay_actors.call.verbs.base import Verbs
from relay_actors.call.verbs.given import given

__all__ = ["SpeechVerbs"]


class SpeechVerbs(Verbs):
    """Live transcription and translation. Each blocks the current greenlet until the server's reply."""

    __slots__ = ()

    def live_transcribe(self, action: dict[str, Any] | str, **kwargs: Any) -> dict[str, Any]:
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
        return invoke(self._relay, "calling.live_transcribe", given(action=_nested(action), **kwargs))

    def live_translate(
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
        return invoke(
            self._relay, "calling.live_translate", given(action=_nested(action), status_url=status_url, **kwargs)
        )


def _nested(action: Any) -> Any:
    """Return ``{"action": "start", "lang": …}`` as ``{"start": {"lang": …}}``, and anything else as it is."""
    name = action.get("action") if isinstance(action, dict) else None
    if not isinstance(name, str):
        return action
    return {name: {key: value for key, value in action.items() if key != "action"}}
