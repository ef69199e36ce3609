"""Media: what the far end hears of each, and for how long."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from relay_runtime.sandbox import Settings
from relay_runtime.sandbox.ground.ground import Ground
from relay_runtime.sandbox.verbs.media import Media

URL = "https://example.com/a.mp3"


@pytest.fixture
def ground() -> Ground:
    return Ground(Settings(characters_per_second=10, audio_seconds=5, audio_lengths={URL: 42}))


@pytest.mark.parametrize(
    ("kind", "params", "heard"),
    [
        ("audio", {"url": URL}, (URL, 42)),
        ("audio", {"url": "https://example.com/other.mp3"}, ("https://example.com/other.mp3", 5)),
        ("tts", {"text": "ten chars."}, ("ten chars.", 1)),
        ("tts", {"text": "<speak>ten <b>chars.</b></speak>"}, ("ten chars.", 1)),
        ("tts", {"text": "<break/>"}, ("<break/>", 0.8)),
        ("tts", {"text": "<b/>."}, (".", 0.1)),
        ("silence", {"duration": 3}, ("", 3)),
        ("ringtone", {"name": "us"}, ("us", 4)),
        ("ringtone", {"name": "us", "duration": 9}, ("us", 9)),
    ],
)
def test_each_medium_has_its_words_and_its_length(
    ground: Ground, kind: str, params: dict[str, Any], heard: tuple[str, float]
) -> None:
    medium: Media = msgspec.convert({"type": kind, "params": params}, Media)
    sound = medium.heard(ground)
    assert (sound.kind, sound.text, sound.seconds) == (kind, *heard)


@pytest.mark.parametrize(
    "given",
    [
        {"type": "noise", "params": {}},
        {"type": "silence", "params": {"duration": 0}},
        {"type": "tts", "params": {"text": ""}},
        {"type": "ringtone", "params": {"name": "usa"}},
    ],
)
def test_what_is_no_medium_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(given, Media)
