"""calling.record and its sub-commands (protocol 7.3)."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.raw_client import SIGN, Address, PlaceCall, RawClient, silence

from relay_runtime.sandbox import Caller


def record(client: RawClient, address: Address, **audio: Any) -> str:
    result = client.result("calling.record", {**address, "control_id": "r", "record": {"audio": audio}})
    assert result["code"] == "200"
    return str(result["url"])


def finished(client: RawClient, state: str = "finished") -> Any:
    return client.event("calling.call.record", control_id="r", state=state)


def test_a_recording_is_stopped_and_has_url_duration_and_size(client: RawClient, call: PlaceCall) -> None:
    _, address = call(Caller())
    url = record(client, address, format="wav", direction="both")
    client.result("calling.record.stop", {**address, "control_id": "r"})
    body = finished(client)
    assert body["url"] == url
    assert url.endswith(".wav")
    assert body["size"] == int(body["duration"] * 16_000)
    assert body["record"] == {"audio": {"format": "wav", "stereo": False, "direction": "both"}}
    assert client.events("calling.call.record")[0]["state"] == "recording"


@pytest.mark.parametrize(
    ("script", "audio"),
    [
        (Caller().hears_digits(SIGN).presses("#"), {}),
        (Caller().hears_digits(SIGN).presses("9"), {"terminators": "9"}),
        (Caller(), {"max_length": 2}),
        (Caller().says("a message"), {"end_silence_timeout": 1}),
        (Caller(), {"end_silence_timeout": 1}),
    ],
    ids=["hash", "terminator", "max_length", "silence after speech", "silence"],
)
def test_a_recording_ends_by_its_rules(
    client: RawClient, call: PlaceCall, script: Caller, audio: dict[str, Any]
) -> None:
    _, address = call(script)
    record(client, address, **audio)
    client.go_on(address)
    assert finished(client)["duration"] > 0


def test_a_recording_without_input_is_no_input(client: RawClient, call: PlaceCall) -> None:
    _, address = call(Caller())
    record(client, address, initial_timeout=1)
    finished(client, "no_input")


def test_speech_keeps_a_recording_open(client: RawClient, call: PlaceCall) -> None:
    _, address = call(Caller().hears_digits(SIGN).says("x" * 60))
    record(client, address, initial_timeout=40, end_silence_timeout=1)
    client.go_on(address)
    assert finished(client)["duration"] > 60 / 15


def test_a_pause_is_cut_out_or_kept(client: RawClient, call: PlaceCall) -> None:
    _, address = call(Caller())
    record(client, address)
    control = {**address, "control_id": "r"}
    client.result("calling.record.pause", {**control, "behavior": "skip"})
    assert finished(client, "paused")["pause_behavior"] == "skip"
    silence = {"type": "silence", "params": {"duration": 5}}
    client.result("calling.play", {**address, "control_id": "p", "play": [silence]})
    client.event("calling.call.play", state="finished")
    client.result("calling.record.resume", control)
    client.result("calling.record.stop", control)
    body = finished(client)
    assert body["duration"] < (body["end_time"] - body["start_time"]) / 0.01
    assert client.result("calling.record.stop", control)["code"] == "404"


def test_a_recording_that_starts_in_mid_sentence_has_its_input(client: RawClient, call: PlaceCall) -> None:
    run, address = call(Caller())
    run.call.line.speech_begins("I was saying")
    record(client, address, initial_timeout=1, end_silence_timeout=3)
    client.result("calling.play", {**address, "control_id": "p", "play": [silence(5)]})
    client.event("calling.call.play", state="finished")
    run.call.line.speech_ends("I was saying")
    finished(client)
