"""AI agents (protocol 7.6)."""

from __future__ import annotations

from doubles.raw_client import SIGN, PlaceCall, RawClient

from relay_runtime.sandbox import Caller


def logged(client: RawClient) -> list[str]:
    return [kind.removeprefix("ai.").rstrip(":") for kind in client.kinds() if kind.startswith("ai.")]


def test_an_agent_answers_the_caller_and_says_when_it_is_over(client: RawClient, call: PlaceCall) -> None:
    run, address = call(Caller().hears_digits(SIGN).says("good morning").hears("You said: good morning"))
    swaig = {"functions": [{"function": "lookup"}]}
    post = {"text": "Summarise"}
    client.do(address, "calling.ai", control_id="a", prompt={"text": "Be kind"}, SWAIG=swaig, post_prompt=post)
    assert client.code(address, "calling.ai", control_id="b", prompt={"text": "x"}) == "409"
    client.go_on(address)
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


def test_a_bedrock_agent_ends_with_the_call(client: RawClient, call: PlaceCall) -> None:
    _, address = call(Caller())
    client.do(address, "calling.amazon_bedrock", prompt={"text": "Be kind"})
    client.do(address, "calling.end")
    client.event("calling.ai.stop")
    assert client.events("calling.call.ai") == []
