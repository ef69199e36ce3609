"""AI agents, live speech and the sidecar (protocol 7.6)."""

from relay_runtime.sandbox import Caller


def logged(client):
    return [kind.removeprefix("ai.").rstrip(":") for kind in client.kinds() if kind.startswith("ai.")]


def test_an_agent_answers_the_caller_and_says_when_it_is_over(client, call):
    run, address = call(Caller().waits(2).says("good morning").hears("You said: good morning"))
    swaig = {"functions": [{"function": "lookup"}]}
    post = {"text": "Summarise"}
    client.do(address, "calling.ai", control_id="a", prompt={"text": "Be kind"}, SWAIG=swaig, post_prompt=post)
    assert client.code(address, "calling.ai", control_id="b", prompt={"text": "x"}) == "409"
    client.event("calling.ai.completion", text="You said: good morning")
    client.do(address, "calling.ai_message", message_text="and now?")
    client.event("calling.ai.completion", text="You said: and now?")
    client.do(address, "calling.ai_hold", timeout="60")
    run.call.line.speech_ends("ignored")
    client.do(address, "calling.ai_unhold")
    client.do(address, "calling.ai.stop", control_id="a")
    client.event("calling.call.ai", state="finished")
    assert logged(client)[:11] == [
        "start",
        "user_speaking",
        "partial_result",
        "speech_detect",
        "swaig",
        "swaig_action",
        "begin_speaking",
        "response_utterance",
        "response",
        "completion",
        "swaig",
    ]
    assert logged(client)[-2:] == ["post_prompt", "stop"]
    assert client.code(address, "calling.ai_message", message_text="x") == "404"


def test_a_bedrock_agent_ends_with_the_call(client, call):
    _, address = call(Caller())
    client.do(address, "calling.amazon_bedrock", prompt={"text": "Be kind"})
    client.do(address, "calling.end")
    client.event("calling.ai.stop")
    assert client.events("calling.call.ai") == []


def test_a_live_transcription_reports_summarises_and_logs(client, call):
    _, address = call(Caller().waits(2).says("hello there"))
    method, start = "calling.live_transcribe", {"lang": "en", "direction": ["remote-caller"]}
    assert client.code(address, method, action="stop") == "404"
    assert client.code(address, method, action={"start": start, "stop": {}}) == "400"
    client.do(address, method, action={"start": start})
    assert client.code(address, method, action={"start": start}) == "409"
    assert client.event("calling.ai.transcribe.utterance")["utterance"]["content"] == "hello there"
    client.do(address, method, action="summarize")
    client.event("calling.ai.transcribe.live_summarize")
    client.do(address, method, action={"stop": {}})
    assert client.event("calling.ai.transcribe.conversation_log")["metrics"]["total_utterances"] == 1


def test_a_live_translation_reports_both_sides_and_speaks(client, call):
    _, address = call(Caller().waits(2).says("hola").hears("[en] welcome"))
    method = "calling.live_translate"
    start = {"from_lang": "es", "to_lang": "en", "direction": ["remote-caller"]}
    client.do(address, method, action={"start": start})
    client.wait(lambda: len(client.events("calling.ai.translate.transcript_delta")) == 2)
    client.do(address, method, action={"inject": {"message": "welcome", "direction": "remote-caller"}})
    client.do(address, method, action={"summarize": {}})
    client.event("calling.ai.translate.live_summary")
    client.do(address, method, action="stop")
    client.event("calling.ai.translate.conversation_log")


def test_a_sidecar_is_poked_asked_and_detached(client, call):
    _, address = call(Caller())
    client.do(address, "calling.ai_sidecar", lang="en-US", prompt="Coach")
    client.do(address, "calling.ai_sidecar.poke", text="now")
    ask_id = client.do(address, "calling.ai_sidecar.ask", text="why?")["ask_id"]
    client.do(address, "calling.ai_sidecar.status")
    client.do(address, "calling.ai_sidecar.stop")
    client.wait(lambda: len(client.events("calling.ai.sidecar")) == 6)
    bodies = [body["sidecar_event"] for body in client.events("calling.ai.sidecar")]
    assert [body["type"] for body in bodies] == ["start", "insight", "ask_request", "ask_answer", "stop", "final"]
    assert bodies[3]["ask_id"] == ask_id
