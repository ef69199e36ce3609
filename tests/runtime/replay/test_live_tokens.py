"""Texts for tokens, and tokens for texts."""

from __future__ import annotations

import pytest
from doubles.story_frames import CALL, Frames

from relay_runtime.recording.call_mask import CallMask
from relay_runtime.replay.live_tokens import LiveTokens


def recorded() -> Frames:
    frames = Frames().offer()
    frames.asks(1.0, "calling.play", control_id="a", play=[{"type": "tts", "params": {"text": "<words-1:5>"}}])
    frames.asks(2.0, "calling.connect", devices=[[{"type": "phone", "params": {"to_number": "<number-3>"}}]])
    result = {"type": "speech", "params": {"text": "<heard-1:12>"}}
    return frames.told(3.0, "calling.call.collect", control_id="a", result=result)


def test_numbers_from_outside_are_made_up_and_keep_their_tokens() -> None:
    tokens = LiveTokens(recorded().recording().frames)
    assert tokens.filled({"from": "<number-1>", "to": ["<number-2>"]}) == {
        "from": "+15550100001",
        "to": ["+15550100002"],
    }
    mask = CallMask(tokens=tokens)
    body = {"call_id": CALL, "device": {"type": "phone", "params": {"to_number": "+1 555 010 0002"}}}
    masked = mask("out", {"method": "calling.connect", "params": body})
    assert masked["params"]["device"]["params"]["to_number"] == "<number-2>"


def test_what_the_app_sends_first_gets_the_tokens_that_are_free_in_their_order() -> None:
    tokens = LiveTokens(recorded().recording().frames)
    assert tokens.of("number", "+15557770000", same="15557770000") == "<number-3>"
    assert tokens.of("number", "+15557770001", same="15557770001") == "<number-4>"
    assert tokens.of("words", "Hello") == "<words-1:5>"
    assert tokens.filled("say <words-1:5>") == "say Hello"


def test_what_is_heard_has_its_length_and_its_token_again_when_the_app_says_it() -> None:
    tokens = LiveTokens(recorded().recording().frames)
    heard = tokens.filled("<heard-1:12>")
    assert len(heard) == 12
    assert tokens.of("words", heard) == "<heard-1:12>"


def test_a_number_can_be_given_and_one_that_is_not_there_is_refused() -> None:
    frames = recorded().recording().frames
    tokens = LiveTokens(frames, {"<number-1>": "sip:anna@example.com", "<number-3>": "+15550109999"})
    assert tokens.filled("<number-1>") == "sip:anna@example.com"
    assert tokens.of("number", "sip:anna@example.com", same="sip:anna@example.com") == "<number-1>"
    with pytest.raises(ValueError, match=r"the recording has no <number-8>; it has <number-1>, <number-2>, <number-3>"):
        LiveTokens(frames, {"<number-8>": "+15550109999"})


def test_texts_that_are_made_up_are_another_one_for_each_token() -> None:
    tokens = LiveTokens(())
    texts = {tokens.text(f"<heard-{number}:3>") for number in range(1, 200)}
    assert len(texts) == 199
    assert {len(text) for text in texts} == {3}
