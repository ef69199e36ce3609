"""Verbs that play, record, transcribe, echo and clean the sound, awaited.

Written by tools/aio_verbs.py; change the original and run it again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from relay_actors.call.verbs import media as model
from relay_actors.wire.dicts import Medium, RecordAudio
from relay_actors.wire.events import PlayEvent, RecordEvent, TranscribeEvent
from relay_runtime.aio.actions import PlayAction, RecordAction, TranscribeAction
from relay_runtime.aio.verbs.base import OnCompleted, Verbs

__all__ = ["MediaVerbs"]


class MediaVerbs(Verbs):
    """Play, record, transcribe, echo, denoise, send digits."""

    __slots__ = ()

    async def play(
        self,
        media: Sequence[Medium | Mapping[str, Any]],
        *,
        volume: float | None = None,
        direction: str | None = None,
        loop: int | None = None,
        control_id: str | None = None,
        on_completed: OnCompleted[PlayEvent] | None = None,
        **kwargs: Any,
    ) -> PlayAction:
        """Play media in order (``calling.play``) and return the running playback.

        Args:
            media: items ``{"type": "tts" | "audio" | "silence" | "ringtone", "params": {…}}``; `tts`, `audio`,
                `silence` and `ringtone` build them.
            volume: in dB from -40 to 40; 0 leaves the level unchanged.
            direction: which side is fed: ``listen`` (default), ``speak`` or ``both``.
            loop: how often, 0 for until stopped; default 1.
            control_id: id of the operation; default a new UUID.
            on_completed: called in the loop with the event that ended it.
            kwargs: further params, passed to the wire: ``status_url``, and ``language``, ``voice``, ``gender`` as
                defaults of the items to speak.

        Raises:
            ValueError: an item or a value is out of what the server accepts; nothing was sent.
            RelayError: the server refused.
        """
        return await self._begin(
            PlayAction,
            model.MediaVerbs.play,
            media,
            volume=volume,
            direction=direction,
            loop=loop,
            control_id=control_id,
            on_completed=on_completed,
            **kwargs,
        )

    async def play_tts(
        self,
        text: str,
        *,
        language: str | None = None,
        gender: str | None = None,
        voice: str | None = None,
        volume: float | None = None,
        on_completed: OnCompleted[PlayEvent] | None = None,
    ) -> PlayAction:
        """Speak a text (``calling.play``) and return the running playback.

        Args:
            text: plain text or SSML.
            language: BCP 47 code; default ``en-US``.
            gender: ``female`` (default) or ``male``.
            voice: name of a voice; goes before language and gender.
            volume: in dB from -40 to 40; 0 leaves the level unchanged.
            on_completed: called in the loop with the event that ended it.
        """
        return await self._begin(
            PlayAction,
            model.MediaVerbs.play_tts,
            text,
            language=language,
            gender=gender,
            voice=voice,
            volume=volume,
            on_completed=on_completed,
        )

    async def play_audio(
        self, url: str, *, volume: float | None = None, on_completed: OnCompleted[PlayEvent] | None = None
    ) -> PlayAction:
        """Play a sound file (``calling.play``) and return the running playback.

        Args:
            url: where the file is.
            volume: in dB from -40 to 40; 0 leaves the level unchanged.
            on_completed: called in the loop with the event that ended it.
        """
        return await self._begin(PlayAction, model.MediaVerbs.play_audio, url, volume=volume, on_completed=on_completed)

    async def play_silence(self, duration: float, *, on_completed: OnCompleted[PlayEvent] | None = None) -> PlayAction:
        """Play silence (``calling.play``) and return the running playback.

        Args:
            duration: in seconds, above 0.
            on_completed: called in the loop with the event that ended it.
        """
        return await self._begin(PlayAction, model.MediaVerbs.play_silence, duration, on_completed=on_completed)

    async def play_ringtone(
        self,
        name: str,
        *,
        duration: float | None = None,
        volume: float | None = None,
        on_completed: OnCompleted[PlayEvent] | None = None,
    ) -> PlayAction:
        """Play a country's ringtone (``calling.play``) and return the running playback.

        Args:
            name: two-letter country, such as ``us`` or ``uk``, or ``bong``.
            duration: in seconds, above 0.
            volume: in dB from -40 to 40; 0 leaves the level unchanged.
            on_completed: called in the loop with the event that ended it.
        """
        return await self._begin(
            PlayAction,
            model.MediaVerbs.play_ringtone,
            name,
            duration=duration,
            volume=volume,
            on_completed=on_completed,
        )

    async def record(
        self,
        audio: RecordAudio | dict[str, Any] | None = None,
        *,
        control_id: str | None = None,
        on_completed: OnCompleted[RecordEvent] | None = None,
        **kwargs: Any,
    ) -> RecordAction:
        """Record the call (``calling.record``) and return the running recording.

        Args:
            audio: settings: ``beep`` (default False), ``format`` (``mp3``, the default, ``wav`` or ``mp4``),
                ``stereo`` (default False: both sides in one channel), ``direction`` (``speak``, the default,
                ``listen`` or ``both``), ``initial_timeout``, ``end_silence_timeout`` and ``max_length`` in seconds
                (default 0: no limit), ``terminators`` (default ``#``), ``input_sensitivity`` (0 to 100, default 44).
            control_id: id of the operation; default a new UUID.
            on_completed: called in the loop with the event that ended it.
            kwargs: further params, passed to the wire: ``status_url``.

        Raises:
            ValueError: a setting is out of what the server accepts; nothing was sent.
            RelayError: the server refused.
        """
        return await self._begin(
            RecordAction, model.MediaVerbs.record, audio, control_id=control_id, on_completed=on_completed, **kwargs
        )

    async def transcribe(
        self,
        *,
        control_id: str | None = None,
        status_url: str | None = None,
        on_completed: OnCompleted[TranscribeEvent] | None = None,
        **kwargs: Any,
    ) -> TranscribeAction:
        """Record and transcribe the call (``calling.transcribe``) and return the running transcription.

        Args:
            control_id: id of the operation; default a new UUID.
            status_url: webhook that gets the text; it does not come over the socket.
            on_completed: called in the loop with the event that ended it.
            kwargs: further params, passed to the wire.

        Raises:
            RelayError: the server refused; code 409 while another transcription is running.
        """
        return await self._begin(
            TranscribeAction,
            model.MediaVerbs.transcribe,
            control_id=control_id,
            status_url=status_url,
            on_completed=on_completed,
            **kwargs,
        )

    async def send_digits(self, digits: str, *, control_id: str | None = None) -> dict[str, Any]:
        """Send DTMF (``calling.send_digits``) and return the reply; ``calling.call.send_digits`` tells the end.

        Args:
            digits: of 0-9, ``*``, ``#``, A-D; ``w`` is a short pause, ``W`` a long one.
            control_id: id of the operation; default a new UUID.

        Raises:
            ValueError: something else is among them; nothing was sent.
            RelayError: the server refused.
        """
        return await self._ask(model.MediaVerbs.send_digits, digits, control_id=control_id)

    async def denoise(self) -> dict[str, Any]:
        """Switch noise reduction on (``calling.denoise``) and return the reply.

        Raises:
            RelayError: the server refused; code 409 when it is on already.
        """
        return await self._ask(model.MediaVerbs.denoise)

    async def denoise_stop(self) -> dict[str, Any]:
        """Switch noise reduction off (``calling.denoise.stop``) and return the reply.

        Raises:
            RelayError: the server refused; code 409 when it is off already.
        """
        return await self._ask(model.MediaVerbs.denoise_stop)

    async def echo(
        self, *, timeout: float | None = None, status_url: str | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        """Play the caller's own audio back (``calling.echo``) and return the reply.

        It ends by its timeout or with the call; ``calling.call.echo`` tells (hook ``on_echo``).

        Args:
            timeout: seconds, from 5 to 120 (the server brings it into that range); default 60.
            status_url: webhook that gets the events too.
            kwargs: further params, passed to the wire.
        """
        return await self._ask(model.MediaVerbs.echo, timeout=timeout, status_url=status_url, **kwargs)
