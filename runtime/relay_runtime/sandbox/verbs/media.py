"""The media objects of protocol 8 that several verbs take, and how long they last."""

from __future__ import annotations

import re
from typing import Annotated, Final

from msgspec import Meta, Struct

from relay_runtime.sandbox.ground.fields import Filled, Positive
from relay_runtime.sandbox.ground.ground import Ground
from relay_runtime.sandbox.ground.line import Heard

__all__ = ["Media", "Playlist"]

_MARKUP: Final = re.compile(r"<[^>]*>")
_RINGTONE_SECONDS: Final = 4.0
_LEAST_SECONDS: Final = 0.05


class AudioParams(Struct):
    """Params of an audio file."""

    url: Filled


class TtsParams(Struct):
    """Params of a text to speak."""

    text: Filled
    language: str = "en-US"
    gender: str = "female"
    voice: str = ""


class SilenceParams(Struct):
    """Params of a silence."""

    duration: Positive


class RingtoneParams(Struct):
    """Params of a ringtone."""

    name: Annotated[str, Meta(pattern="^([a-z]{2}|bong)$")]
    duration: Positive | None = None


class Audio(Struct, tag="audio"):
    """An audio file."""

    params: AudioParams

    def heard(self, ground: Ground) -> Heard:
        """Return it as the far end hears it."""
        settings = ground.settings
        seconds = settings.audio_lengths.get(self.params.url, settings.audio_seconds)
        return Heard(ground.clock, "audio", self.params.url, seconds)


class Tts(Struct, tag="tts"):
    """A text to speak; markup takes no time."""

    params: TtsParams

    def heard(self, ground: Ground) -> Heard:
        """Return it as the far end hears it."""
        words = _MARKUP.sub("", self.params.text) or self.params.text
        seconds = max(_LEAST_SECONDS, ground.speech_seconds(words))
        return Heard(ground.clock, "tts", words, seconds)


class Silence(Struct, tag="silence"):
    """A silence."""

    params: SilenceParams

    def heard(self, ground: Ground) -> Heard:
        """Return it as the far end hears it."""
        return Heard(ground.clock, "silence", "", self.params.duration)


class Ringtone(Struct, tag="ringtone"):
    """A ringtone."""

    params: RingtoneParams

    def heard(self, ground: Ground) -> Heard:
        """Return it as the far end hears it."""
        return Heard(ground.clock, "ringtone", self.params.name, self.params.duration or _RINGTONE_SECONDS)


Media = Audio | Tts | Silence | Ringtone
Playlist = Annotated[list[Media], Meta(min_length=1)]
