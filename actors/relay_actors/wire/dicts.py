"""The dicts that programs write, as types: media, devices, settings of recordings, collections, detectors and so on.

They are for type checkers and editors, and say what is checked when a verb is called. A variable that has one of them
as its type, ``menu: Collect = {…}``, is checked key by key; verbs take a plain ``dict`` too, since the server may know
keys that are not known here.
"""

# ruff: noqa: F403, F405 - devices are dicts as well
# No `from __future__ import annotations` here: TypedDict would not see which keys are `Required`.

from typing import Literal, Required, TypedDict

from relay_actors.wire.devices import *

__all__ = [
    "AudioMedium",
    "AudioParams",
    "CallDevice",
    "CallDeviceParams",
    "Collect",
    "CollectDigits",
    "CollectSpeech",
    "ConnectDevice",
    "Detector",
    "DetectorParams",
    "DialDevice",
    "DialDevices",
    "FabricDevice",
    "FabricParams",
    "Header",
    "Medium",
    "PayParameter",
    "PayPrompt",
    "PayPromptStep",
    "PhoneDevice",
    "PhoneParams",
    "PromptDigits",
    "QueueDevice",
    "QueueDeviceParams",
    "RTPTapDevice",
    "RTPTapParams",
    "RecordAudio",
    "ReferDevice",
    "ReferParams",
    "RingtoneMedium",
    "RingtoneParams",
    "SIPDevice",
    "SIPParams",
    "SilenceMedium",
    "SilenceParams",
    "StreamDevice",
    "StreamParams",
    "TTSMedium",
    "TTSParams",
    "Tap",
    "TapDevice",
    "TapParams",
    "WSTapDevice",
    "WSTapParams",
]

_Direction = Literal["listen", "speak", "both"]
_TapCodec = Literal["OPUS", "PCMA", "PCMU"]

# Media


class AudioParams(TypedDict):
    """A sound file."""

    url: str


class AudioMedium(TypedDict):
    """A sound file to play; `audio` makes one."""

    type: Literal["audio"]
    params: AudioParams


class TTSParams(TypedDict, total=False):
    """A text to speak, plain or SSML."""

    text: Required[str]
    language: str
    gender: Literal["male", "female"]
    voice: str


class TTSMedium(TypedDict):
    """A text to speak; `tts` makes one."""

    type: Literal["tts"]
    params: TTSParams


class SilenceParams(TypedDict):
    """Silence."""

    duration: float


class SilenceMedium(TypedDict):
    """Silence to play; `silence` makes one."""

    type: Literal["silence"]
    params: SilenceParams


class RingtoneParams(TypedDict, total=False):
    """A country's ringtone."""

    name: Required[str]
    duration: float


class RingtoneMedium(TypedDict):
    """A ringtone to play; `ringtone` makes one."""

    type: Literal["ringtone"]
    params: RingtoneParams


Medium = AudioMedium | TTSMedium | SilenceMedium | RingtoneMedium
"""An item of what `Call.play` plays."""

# Recording, collecting, detecting


class RecordAudio(TypedDict, total=False):
    """The settings of `Call.record`."""

    beep: bool
    format: Literal["mp3", "wav", "mp4"]
    stereo: bool
    direction: _Direction
    initial_timeout: float
    end_silence_timeout: float
    terminators: str
    input_sensitivity: float
    max_length: float


class CollectDigits(TypedDict, total=False):
    """Which digits `Call.collect` takes."""

    max: Required[int]
    terminators: str
    digit_timeout: float


class PromptDigits(CollectDigits, total=False):
    """Which digits a prompt takes."""

    min: int


class CollectSpeech(TypedDict, total=False):
    """How speech is taken."""

    end_silence_timeout: float
    speech_timeout: float
    language: str
    hints: list[str]
    engine: str
    model: str


class Collect(TypedDict, total=False):
    """What a prompt takes: digits, speech, or both."""

    initial_timeout: float
    digits: PromptDigits
    speech: CollectSpeech


class DetectorParams(TypedDict, total=False):
    """The settings of a detector: ``tone`` is a fax detector's, ``digits`` a digit detector's, the rest a machine's."""

    initial_timeout: float
    end_silence_timeout: float
    machine_ready_timeout: float
    machine_voice_threshold: float
    machine_words_threshold: int
    detect_interruptions: bool
    detect_message_end: bool
    tone: Literal["CED", "CNG"]
    digits: str


class Detector(TypedDict, total=False):
    """A detector; the default type is ``machine``."""

    type: Literal["machine", "fax", "digit"]
    params: DetectorParams


# Taps


class TapParams(TypedDict):
    """What a tap hears."""

    direction: _Direction


class Tap(TypedDict):
    """A tap on the sound of a call."""

    type: Literal["audio"]
    params: TapParams


class RTPTapParams(TypedDict, total=False):
    """An RTP receiver."""

    addr: Required[str]
    port: Required[int]
    codec: _TapCodec
    ptime: int


class RTPTapDevice(TypedDict):
    """An RTP receiver of a tap."""

    type: Literal["rtp"]
    params: RTPTapParams


class WSTapParams(TypedDict, total=False):
    """A WebSocket receiver."""

    uri: Required[str]
    codec: _TapCodec
    rate: int


class WSTapDevice(TypedDict):
    """A WebSocket receiver of a tap."""

    type: Literal["ws"]
    params: WSTapParams


TapDevice = RTPTapDevice | WSTapDevice
"""Where a tap sends the sound."""

# Payments


class PayParameter(TypedDict):
    """A pair for the payment connector."""

    name: str
    value: str


class PayPromptStep(TypedDict):
    """A text to say, or the URL of a sound file to play."""

    type: Literal["Say", "Play"]
    phrase: str


_For = TypedDict("_For", {"for": Required[str]}, total=False)


class PayPrompt(_For, total=False):
    """A prompt of a payment, in place of the stock one."""

    card_type: str
    attempt: str
    require_matching_inputs: str
    error_type: str
    actions: list[PayPromptStep]
    play: list[Medium]
