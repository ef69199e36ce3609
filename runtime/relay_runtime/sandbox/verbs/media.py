"""The media objects of protocol 8 that several verbs take, and how long they last."""

import re
from typing import TYPE_CHECKING, Annotated, Any

from msgspec import Meta, Struct

from relay_runtime.sandbox.ground.line import Heard

if TYPE_CHECKING:
    from relay_runtime.sandbox.calls.exchange import Exchange

Positive = Annotated[float, Meta(gt=0)]
Seconds = Annotated[float, Meta(ge=0)]
Decibels = Annotated[float, Meta(ge=-40, le=40)]
Filled = Annotated[str, Meta(min_length=1)]

_MARKUP = re.compile(r"<[^>]*>")
_RINGTONE_SECONDS = 4.0
_LEAST_SECONDS = 0.05


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

    def heard(self, exchange: "Exchange") -> Heard:
        """Return it as the far end hears it."""
        settings = exchange.settings
        seconds = settings.audio_lengths.get(self.params.url, settings.audio_seconds)
        return Heard(exchange.clock, "audio", self.params.url, seconds)


class Tts(Struct, tag="tts"):
    """A text to speak; markup takes no time."""

    params: TtsParams

    def heard(self, exchange: "Exchange") -> Heard:
        """Return it as the far end hears it."""
        words = _MARKUP.sub("", self.params.text) or self.params.text
        seconds = max(_LEAST_SECONDS, len(words) / exchange.settings.characters_per_second)
        return Heard(exchange.clock, "tts", words, seconds)


class Silence(Struct, tag="silence"):
    """A silence."""

    params: SilenceParams

    def heard(self, exchange: "Exchange") -> Heard:
        """Return it as the far end hears it."""
        return Heard(exchange.clock, "silence", "", self.params.duration)


class Ringtone(Struct, tag="ringtone"):
    """A ringtone."""

    params: RingtoneParams

    def heard(self, exchange: "Exchange") -> Heard:
        """Return it as the far end hears it."""
        return Heard(exchange.clock, "ringtone", self.params.name, self.params.duration or _RINGTONE_SECONDS)


Media = Audio | Tts | Silence | Ringtone
Playlist = Annotated[list[Media], Meta(min_length=1)]
AnyObject = dict[str, Any]
