"""Verbs that ask the caller for digits or speech (protocol 7.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from relay_actors.call.actions import CollectAction, OnCompleted, StandaloneCollectAction
from relay_actors.call.commands import begin
from relay_actors.call.verbs.base import Verbs
from relay_actors.call.verbs.given import given
from relay_actors.kit.ids import new_id
from relay_actors.wire.dicts import Collect, CollectDigits, CollectSpeech, Medium
from relay_actors.wire.events import CollectEvent

__all__ = ["CollectVerbs"]

_MEDIA = {"play": "media"}


class CollectVerbs(Verbs):
    """Prompts and collections. Each blocks the current greenlet until the server's reply, not until the result."""

    __slots__ = ()

    def play_and_collect(
        self,
        media: Sequence[Medium | Mapping[str, Any]],
        collect: Collect | dict[str, Any],
        *,
        volume: float | None = None,
        control_id: str | None = None,
        on_completed: OnCompleted[CollectEvent] | None = None,
        **kwargs: Any,
    ) -> CollectAction:
        """Play a prompt and collect digits or speech (``calling.play_and_collect``); input ends the prompt.

        Args:
            media: the prompt, as for `play`.
            collect: at least one of ``digits`` and ``speech``, and ``initial_timeout`` (seconds until input must
                begin, default 4). ``digits`` has ``max`` (needed), ``min``, ``terminators`` and ``digit_timeout``
                (seconds between digits, default 5); ``speech`` as for `collect`.
            volume: in dB from -40 to 40; 0 leaves the level unchanged.
            control_id: id of the operation; default a new UUID.
            on_completed: called in the call's greenlet with the event that ended it.
            kwargs: further params, passed to the wire: ``status_url``.

        Returns:
            The running collection: ``wait()`` gives a `CollectEvent` with ``type``, ``digits`` and ``text``.

        Raises:
            ValueError: an item or a value is out of what the server accepts; nothing was sent.
            RelayError: the server refused.
        """
        params = given(play=media, collect=collect, volume=volume, **kwargs)
        return begin(
            self._relay, CollectAction(self._relay, control_id or new_id(), on_completed), params, names=_MEDIA
        )

    def prompt_tts(
        self,
        text: str,
        collect: Collect | dict[str, Any],
        *,
        language: str | None = None,
        gender: str | None = None,
        voice: str | None = None,
        volume: float | None = None,
        on_completed: OnCompleted[CollectEvent] | None = None,
    ) -> CollectAction:
        """Speak a prompt and collect digits or speech (``calling.play_and_collect``).

        Args:
            text: plain text or SSML.
            collect: what to collect, as for `play_and_collect`.
            language: BCP 47 code; default ``en-US``.
            gender: ``female`` (default) or ``male``.
            voice: name of a voice; goes before language and gender.
            volume: in dB from -40 to 40; 0 leaves the level unchanged.
            on_completed: called in the call's greenlet with the event that ended it.
        """
        item = {"type": "tts", "params": given(text=text, language=language, gender=gender, voice=voice)}
        return CollectVerbs.play_and_collect(self, [item], collect, volume=volume, on_completed=on_completed)

    def prompt_audio(
        self,
        url: str,
        collect: Collect | dict[str, Any],
        *,
        volume: float | None = None,
        on_completed: OnCompleted[CollectEvent] | None = None,
    ) -> CollectAction:
        """Play a sound file as prompt and collect digits or speech (``calling.play_and_collect``).

        Args:
            url: where the file is.
            collect: what to collect, as for `play_and_collect`.
            volume: in dB from -40 to 40; 0 leaves the level unchanged.
            on_completed: called in the call's greenlet with the event that ended it.
        """
        item = {"type": "audio", "params": {"url": url}}
        return CollectVerbs.play_and_collect(self, [item], collect, volume=volume, on_completed=on_completed)

    def collect(
        self,
        *,
        digits: CollectDigits | dict[str, Any] | None = None,
        speech: CollectSpeech | dict[str, Any] | None = None,
        initial_timeout: float | None = None,
        partial_results: bool | None = None,
        continuous: bool | None = None,
        send_start_of_input: bool | None = None,
        start_input_timers: bool | None = None,
        control_id: str | None = None,
        on_completed: OnCompleted[CollectEvent] | None = None,
        **kwargs: Any,
    ) -> StandaloneCollectAction:
        """Collect digits or speech without a prompt (``calling.collect``).

        Args:
            digits: ``{"max": 4, "terminators": "#", "digit_timeout": 5}``; at least one of digits and speech.
            speech: ``{"language": "en-US", "hints": […], "end_silence_timeout": 1, "speech_timeout": 60}``, times in
                seconds.
            initial_timeout: seconds until input must begin; default 4. Its clock starts with
                ``start_input_timers=True``, or when ``action.start_input_timers()`` is called.
            partial_results: send interim results too; they do not end the collection.
            continuous: go on after each result, until stopped; take them with ``action.results()`` or the hook
                ``on_collect``.
            send_start_of_input: send a ``start_of_input`` result when input begins; it does not end the collection.
            start_input_timers: start the clock of ``initial_timeout`` at once; default False. It is always sent,
                since it is not settled what the server does without it.
            control_id: id of the operation; default a new UUID.
            on_completed: called in the call's greenlet with the event that ended it.
            kwargs: further params, passed to the wire: ``status_url``.

        Raises:
            ValueError: neither digits nor speech, or a value out of what the server accepts; nothing was sent.
            RelayError: the server refused.
        """
        params = given(
            digits=digits,
            speech=speech,
            initial_timeout=initial_timeout,
            partial_results=partial_results,
            continuous=continuous,
            send_start_of_input=send_start_of_input,
            start_input_timers=False if start_input_timers is None else start_input_timers,
            **kwargs,
        )
        goes_on = bool(params.get("continuous", params.get("continue")))
        action = StandaloneCollectAction(self._relay, control_id or new_id(), on_completed, continuous=goes_on)
        return begin(self._relay, action, params)
