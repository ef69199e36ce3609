"""Verbs that play, record and send digits: the items that shorthands make, and the names of the caller."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.line import Line


@pytest.mark.parametrize(
    ("play", "item"),
    [
        (lambda call: call.play_tts("hi", voice="v"), {"type": "tts", "params": {"text": "hi", "voice": "v"}}),
        (lambda call: call.play_audio("https://e/a.mp3"), {"type": "audio", "params": {"url": "https://e/a.mp3"}}),
        (lambda call: call.play_silence(1.5), {"type": "silence", "params": {"duration": 1.5}}),
        (lambda call: call.play_ringtone("us"), {"type": "ringtone", "params": {"name": "us"}}),
    ],
)
def test_each_shorthand_plays_one_item(line: Line[Any], play: Any, item: Any) -> None:
    play(line.call)
    assert line.board.wait_for("calling.play")["play"] == [item]


def test_a_mistake_in_an_item_is_told_by_the_name_that_the_caller_knows(line: Line[Any]) -> None:
    with pytest.raises(ValueError, match=r"^media\[0\]\.params\.duration is 0"):
        line.call.play_silence(0)


def test_a_recording_without_settings_says_so_to_the_server(line: Line[Any]) -> None:
    line.call.record()
    line.call.record({"format": "wav"}, status_url="https://example.com/s")
    first, second = line.board.params("calling.record")
    assert first["record"] == {"audio": {}}
    assert (second["record"], second["status_url"]) == ({"audio": {"format": "wav"}}, "https://example.com/s")


def test_digits_are_sent_with_an_id_and_are_no_operation(line: Line[Any]) -> None:
    assert line.call.send_digits("1w2", control_id="k1") == {"code": "200", "message": "OK"}
    line.call.send_digits("3")
    first, second = line.board.params("calling.send_digits")
    assert (first["digits"], first["control_id"]) == ("1w2", "k1")
    assert second["control_id"] not in {"", "k1"}


def test_noise_and_echo_are_switched_by_their_own_commands(line: Line[Any]) -> None:
    line.call.denoise()
    line.call.denoise_stop()
    line.call.echo(timeout=10)
    assert line.board.methods() == ["calling.denoise", "calling.denoise.stop", "calling.echo"]
    assert line.board.wait_for("calling.echo")["timeout"] == 10
