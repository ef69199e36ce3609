"""Verbs that ask the caller for digits or speech (protocol sheet, section 7.3)."""

from __future__ import annotations

from typing import Any

from relay_actors.actions import CollectAction, OnCompleted, StandaloneCollectAction
from relay_actors.call_core import CallCore
from relay_actors.ids import new_id
from relay_actors.verbs.given import given
from relay_actors.wire.checks import check_collect, check_media, check_params

__all__ = ["CollectVerbs"]


class CollectVerbs(CallCore):
    """Prompts and collections. Each blocks the current greenlet until the server's reply, not until the result."""

    def play_and_collect(
        self,
        media: list[dict[str, Any]],
        collect: dict[str, Any],
        *,
        volume: float | None = None,
        control_id: str | None = None,
        on_completed: OnCompleted | None = None,
        **kwargs: Any,
    ) -> CollectAction:
        """Play a prompt and collect digits or speech (``calling.play_and_collect``); input ends the prompt.

        Args:
            media: the prompt, as for `play`.
            collect: ``{"digits": {"max": 1, …}}`` and/or ``{"speech": {…}}``, with ``initial_timeout`` in seconds.
            volume: in dB from -40 to 40.
            control_id: id of the operation; default a new UUID.
            on_completed: called in the call's greenlet with the event that ended it.
            kwargs: further params, passed to the wire: ``status_url``.

        Returns:
            The running collection: ``wait()`` gives a `CollectEvent` with ``digits``, ``text``, ``type``.
        """
        params = given(play=check_media(media), collect=check_collect(collect), volume=volume, **kwargs)
        check_params("calling.play_and_collect", params)
        action = CollectAction(self, control_id or new_id(), on_completed)
        self.start_action(action, params)
        return action

    def prompt_tts(
        self,
        text: str,
        collect: dict[str, Any],
        *,
        language: str | None = None,
        gender: str | None = None,
        voice: str | None = None,
        volume: float | None = None,
        on_completed: OnCompleted | None = None,
    ) -> CollectAction:
        """Speak a prompt and collect digits or speech; arguments as for `play_tts` and `play_and_collect`."""
        item = {"type": "tts", "params": given(text=text, language=language, gender=gender, voice=voice)}
        return self.play_and_collect([item], collect, volume=volume, on_completed=on_completed)

    def prompt_audio(
        self,
        url: str,
        collect: dict[str, Any],
        *,
        volume: float | None = None,
        on_completed: OnCompleted | None = None,
    ) -> CollectAction:
        """Play a sound file as prompt and collect digits or speech; arguments as for `play_and_collect`."""
        item = {"type": "audio", "params": {"url": url}}
        return self.play_and_collect([item], collect, volume=volume, on_completed=on_completed)

    def collect(
        self,
        *,
        digits: dict[str, Any] | None = None,
        speech: dict[str, Any] | None = None,
        initial_timeout: float | None = None,
        partial_results: bool | None = None,
        continuous: bool | None = None,
        send_start_of_input: bool | None = None,
        start_input_timers: bool | None = None,
        control_id: str | None = None,
        on_completed: OnCompleted | None = None,
        **kwargs: Any,
    ) -> StandaloneCollectAction:
        """Collect digits or speech without a prompt (``calling.collect``).

        Args:
            digits: ``{"max": 4, "terminators": "#", "digit_timeout": 5}``; at least one of digits and speech.
            speech: ``{"language": "en-US", "hints": […], "end_silence_timeout": 1, "speech_timeout": 60}``.
            initial_timeout: seconds until input must begin; default 4.
            partial_results: send interim results too; they do not end the collection.
            continuous: go on after each result, until stopped; listen with the hook ``on_collect``.
            send_start_of_input: send a ``start_of_input`` result when input begins; it does not end the collection.
            start_input_timers: start the clock of ``initial_timeout`` at once; default false.
            control_id: id of the operation; default a new UUID.
            on_completed: called in the call's greenlet with the event that ended it.
            kwargs: further params, passed to the wire: ``status_url``.
        """
        params = given(
            digits=digits,
            speech=speech,
            initial_timeout=initial_timeout,
            partial_results=partial_results,
            continuous=continuous,
            send_start_of_input=send_start_of_input,
            start_input_timers=start_input_timers,
            **kwargs,
        )
        check_params("calling.collect", check_collect(params))
        action = StandaloneCollectAction(self, control_id or new_id(), on_completed)
        action.continuous = bool(continuous or params.get("continue"))
        self.start_action(action, params)
        return action
