"""Verbs that play and record (protocol sheet, section 7.3)."""

from __future__ import annotations

from typing import Any

from relay_actors.actions import OnCompleted, PlayAction, RecordAction
from relay_actors.call_core import CallCore
from relay_actors.ids import new_id
from relay_actors.verbs.given import given
from relay_actors.wire.checks import check_media, check_params

__all__ = ["MediaVerbs"]


class MediaVerbs(CallCore):
    """Play, record and send digits. Each blocks the current greenlet until the server's reply, not until the end."""

    def play(
        self,
        media: list[dict[str, Any]],
        *,
        volume: float | None = None,
        direction: str | None = None,
        loop: int | None = None,
        control_id: str | None = None,
        on_completed: OnCompleted | None = None,
        **kwargs: Any,
    ) -> PlayAction:
        """Play media in order (``calling.play``) and return the running playback.

        Args:
            media: items ``{"type": "tts" | "audio" | "silence" | "ringtone", "params": {…}}``.
            volume: in dB from -40 to 40; 0 leaves the level unchanged.
            direction: which side is fed: ``listen`` (default), ``speak`` or ``both``.
            loop: how often, 0 for until stopped; default 1.
            control_id: id of the operation; default a new UUID.
            on_completed: called in the call's greenlet with the event that ended it.
            kwargs: further params, passed to the wire: ``status_url``, ``language``, ``voice``, ``gender``.

        Raises:
            ValueError: an item or a value is out of what the server accepts; nothing was sent.
            RelayError: the server refused.
        """
        params = given(play=check_media(media), volume=volume, direction=direction, loop=loop, **kwargs)
        check_params("calling.play", params)
        action = PlayAction(self, control_id or new_id(), on_completed)
        self.start_action(action, params)
        return action

    def play_tts(
        self,
        text: str,
        *,
        language: str | None = None,
        gender: str | None = None,
        voice: str | None = None,
        volume: float | None = None,
        on_completed: OnCompleted | None = None,
    ) -> PlayAction:
        """Speak a text (``calling.play``) and return the running playback.

        Args:
            text: plain text or SSML.
            language: BCP 47 code; default ``en-US``.
            gender: ``female`` (default) or ``male``.
            voice: name of a voice; goes before language and gender.
            volume: in dB from -40 to 40.
            on_completed: called in the call's greenlet with the event that ended it.
        """
        item = {"type": "tts", "params": given(text=text, language=language, gender=gender, voice=voice)}
        return self.play([item], volume=volume, on_completed=on_completed)

    def play_audio(
        self, url: str, *, volume: float | None = None, on_completed: OnCompleted | None = None
    ) -> PlayAction:
        """Play a sound file from a URL (``calling.play``); the other arguments are those of `play`."""
        return self.play([{"type": "audio", "params": {"url": url}}], volume=volume, on_completed=on_completed)

    def play_silence(self, duration: float, *, on_completed: OnCompleted | None = None) -> PlayAction:
        """Play silence for ``duration`` seconds (``calling.play``)."""
        return self.play([{"type": "silence", "params": {"duration": duration}}], on_completed=on_completed)

    def play_ringtone(
        self,
        name: str,
        *,
        duration: float | None = None,
        volume: float | None = None,
        on_completed: OnCompleted | None = None,
    ) -> PlayAction:
        """Play a country's ringtone (``calling.play``).

        Args:
            name: two-letter country, such as ``us`` or ``uk``, or ``bong``.
            duration: in seconds.
            volume: in dB from -40 to 40.
            on_completed: called in the call's greenlet with the event that ended it.
        """
        item = {"type": "ringtone", "params": given(name=name, duration=duration)}
        return self.play([item], volume=volume, on_completed=on_completed)

    def record(
        self,
        audio: dict[str, Any] | None = None,
        *,
        control_id: str | None = None,
        on_completed: OnCompleted | None = None,
        **kwargs: Any,
    ) -> RecordAction:
        """Record the call (``calling.record``) and return the running recording.

        Args:
            audio: settings: ``beep``, ``format`` (mp3, wav, mp4), ``stereo``, ``direction`` (listen, speak, both),
                ``initial_timeout``, ``end_silence_timeout`` and ``max_length`` in seconds (0: no limit),
                ``terminators`` (default ``#``), ``input_sensitivity`` (0 to 100).
            control_id: id of the operation; default a new UUID.
            on_completed: called in the call's greenlet with the event that ended it.
            kwargs: further params, passed to the wire: ``status_url``.
        """
        params = check_params("calling.record", given(record={"audio": audio or {}}, **kwargs))
        action = RecordAction(self, control_id or new_id(), on_completed)
        self.start_action(action, params)
        return action

    def send_digits(self, digits: str, *, control_id: str | None = None) -> dict[str, Any]:
        """Send DTMF (``calling.send_digits``) and return the reply; ``calling.call.send_digits`` tells the end.

        Args:
            digits: of 0-9, ``*``, ``#``, A-D; ``w`` is a short pause, ``W`` a long one.
            control_id: id of the operation; default a new UUID.
        """
        params = check_params("calling.send_digits", {"digits": digits, "control_id": control_id or new_id()})
        return self.invoke("calling.send_digits", params)
