"""calling.live_transcribe and calling.live_translate (protocol 7.6)."""

from __future__ import annotations

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
