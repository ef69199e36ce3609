"""calling.live_transcribe and calling.live_translate (protocol 7.6)."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.raw_client import SIGN, PlaceCall, RawClient

from relay_runtime.sandbox import Caller


def test_a_live_transcription_reports_summarises_and_logs(client: RawClient, call: PlaceCall) -> None:
    _, address = call(Caller().hears_digits(SIGN).says("hello there"))
    method, start = "calling.live_transcribe", {"lang": "en", "direction": ["remote-caller"]}
    assert client.code(address, method, action="stop") == "404"
    assert client.code(address, method, action={"start": start, "stop": {}}) == "400"
    client.do(address, method, action={"start": start})
    assert client.code(address, method, action={"start": start}) == "409"
    client.go_on(address)
    assert client.event("calling.ai.transcribe.utterance")["utterance"]["content"] == "hello there"
    client.do(address, method, action="summarize")
    client.event("calling.ai.transcribe.live_summarize")
    client.do(address, method, action={"stop": {}})
    assert client.event("calling.ai.transcribe.conversation_log")["metrics"]["total_utterances"] == 1


def test_a_live_translation_reports_both_sides_and_speaks(client: RawClient, call: PlaceCall) -> None:
    _, address = call(Caller().hears_digits(SIGN).says("hola").hears("[en] welcome"))
    method = "calling.live_translate"
    start = {"from_lang": "es", "to_lang": "en", "direction": ["remote-caller"]}
    client.do(address, method, action={"start": start})
    client.go_on(address)
    client.wait(lambda: len(client.events("calling.ai.translate.transcript_delta")) == 2)
    client.do(address, method, action={"inject": {"message": "welcome", "direction": "remote-caller"}})
    client.do(address, method, action={"summarize": {}})
    client.event("calling.ai.translate.live_summary")
    client.do(address, method, action="stop")
    client.event("calling.ai.translate.conversation_log")


@pytest.mark.parametrize(
    ("start", "stop"),
    [
        ({"action": {"start": {"language": "en-US"}}}, {"action": "stop"}),
        ({"action": {"action": "start", "lang": "en-US"}}, {"action": {"action": "stop"}}),
        ({"action": "start", "lang": "en-US", "direction": ["remote-caller"]}, {"action": {"stop": {}}}),
    ],
)
def test_a_transcription_is_started_and_stopped_in_every_documented_form(
    client: RawClient, call: PlaceCall, start: dict[str, Any], stop: dict[str, Any]
) -> None:
    _, address = call(Caller().hears_digits(SIGN).says("hello there"))
    assert client.do(address, "calling.live_transcribe", **start)["message"] == "+OK"
    client.go_on(address)
    assert client.event("calling.ai.transcribe.utterance")["utterance"]["lang"] == "en-US"
    client.do(address, "calling.live_transcribe", **stop)
    client.event("calling.ai.transcribe.conversation_log")


@pytest.mark.parametrize(
    "start",
    [
        {"action": {"start": {"source": "es", "target": "en"}}},
        {"action": {"start": {"from_lang": "es", "to_lang": "en"}}},
        {"action": {"action": "start", "from_lang": "es", "to_lang": "en"}},
        {"action": "start", "source": "es", "target": "en"},
    ],
)
def test_a_translation_is_started_and_spoken_through_in_every_documented_form(
    client: RawClient, call: PlaceCall, start: dict[str, Any]
) -> None:
    run, address = call(Caller().hears("[en] welcome").hangs_up())
    method = "calling.live_translate"
    client.do(address, method, **start)
    client.do(address, method, action={"action": "summarize", "prompt": "short"})
    client.event("calling.ai.translate.live_summary")
    client.do(address, method, action="inject", message="welcome", direction="remote-caller")
    assert run.wait().ok


@pytest.mark.parametrize("action", ["begin", {"action": "begin"}, {"start": {}}, {"start": "now"}, {}, 7, ["start"]])
@pytest.mark.parametrize("method", ["calling.live_transcribe", "calling.live_translate"])
def test_what_no_document_shows_is_refused(client: RawClient, call: PlaceCall, method: str, action: Any) -> None:
    _, address = call(Caller())
    assert client.code(address, method, action=action) == "400"
