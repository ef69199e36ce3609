"""Tap, stream, transcribe (protocol 7.3)."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.raw_client import PlaceCall, RawClient

from relay_runtime.sandbox import Caller


@pytest.mark.parametrize(
    "device",
    [
        {"type": "rtp", "params": {"addr": "203.0.113.7", "port": 4000}},
        {"type": "ws", "params": {"uri": "wss://sink.example.com/a"}},
    ],
)
def test_a_tap_runs_until_it_is_stopped(client: RawClient, call: PlaceCall, device: dict[str, Any]) -> None:
    _, address = call(Caller())
    tap = {"type": "audio", "params": {"direction": "both"}}
    assert client.do(address, "calling.tap", control_id="t", tap=tap, device=device)["source_device"]["type"] == "rtp"
    client.do(address, "calling.tap.stop", control_id="t")
    client.event("calling.call.tap", state="finished")
    assert client.states("calling.call.tap") == ["tapping", "finished"]


def test_a_stream_runs_until_it_is_stopped(client: RawClient, call: PlaceCall) -> None:
    _, address = call(Caller())
    assert client.code(address, "calling.stream", control_id="s", url="ws://plain.example.com") == "400"
    client.do(address, "calling.stream", control_id="s", url="wss://sink.example.com/a", name="agent")
    client.do(address, "calling.stream.stop", control_id="s")
    assert client.event("calling.call.stream", state="finished")["url"] == "wss://sink.example.com/a"
    assert client.states("calling.call.stream") == ["streaming", "finished"]


def test_a_call_has_one_transcription_at_a_time(client: RawClient, call: PlaceCall) -> None:
    _, address = call(Caller())
    url = client.do(address, "calling.transcribe", control_id="t")["url"]
    assert client.result("calling.transcribe", {**address, "control_id": "u"})["message"] == (
        "Transcribe is already in progress"
    )
    client.do(address, "calling.transcribe.stop", control_id="t")
    assert client.event("calling.call.transcribe", state="finished")["url"] == url
