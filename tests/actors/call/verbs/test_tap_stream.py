"""Verbs that send the sound of a call elsewhere."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.line import Line

AUDIO = {"type": "audio", "params": {"direction": "both"}}
RTP = {"type": "rtp", "params": {"addr": "203.0.113.7", "port": 4000}}
SINK = "wss://example.com/s"


def test_a_tap_says_what_is_copied_and_where_it_goes(line: Line[Any]) -> None:
    line.call.tap(AUDIO, RTP)
    sent = line.board.wait_for("calling.tap")
    assert (sent["tap"], sent["device"]) == (AUDIO, RTP)


@pytest.mark.parametrize(
    ("given", "sent"), [("inbound", "inbound_track"), ("both", "both_tracks"), ("outbound_track", "outbound_track")]
)
def test_a_track_may_be_named_in_short_and_is_sent_in_its_long_form(line: Line[Any], given: str, sent: str) -> None:
    line.call.stream(SINK, track=given)
    assert line.board.wait_for("calling.stream")["track"] == sent


@pytest.mark.parametrize("track", ["left", ["both"], 7])
def test_any_other_track_is_refused_before_anything_is_sent(line: Line[Any], track: Any) -> None:
    with pytest.raises(ValueError, match="track is "):
        line.call.stream(SINK, track=track)
    assert line.board.sent == []


def test_the_token_of_a_stream_goes_to_the_server_and_into_no_log(line: Line[Any], log_lines: list[str]) -> None:
    action = line.call.stream(SINK, authorization_bearer_token="s3cret", custom_parameters={"room": "1"})
    sent = line.board.wait_for("calling.stream")
    assert (sent["authorization_bearer_token"], sent["custom_parameters"]) == ("s3cret", {"room": "1"})
    assert not [text for text in [*log_lines, repr(action)] if "s3cret" in text]
