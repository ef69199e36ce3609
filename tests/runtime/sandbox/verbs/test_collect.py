"""calling.collect and calling.play_and_collect (protocol 7.3, 9)."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.raw_client import SIGN, Address, PlaceCall, RawClient, tts

from relay_runtime.sandbox import Caller, Sandbox


def digit(digits: str, terminator: str = "") -> dict[str, Any]:
    return {"type": "digit", "params": {"digits": digits, "terminator": terminator}}


PROMPT = {"control_id": "k", "play": [tts("Enter your number, then the hash key, please")]}


def ask(client: RawClient, address: Address, **collect: Any) -> Any:
    assert client.result("calling.play_and_collect", {**address, **PROMPT, "collect": collect})["code"] == "200"
    return client.event("calling.call.collect", control_id="k")["result"]


def listen(client: RawClient, address: Address, **params: Any) -> None:
    assert client.result("calling.collect", {**address, "control_id": "k", **params})["code"] == "200"


def results(client: RawClient) -> list[Any]:
    return [body["result"] for body in client.events("calling.call.collect")]


@pytest.mark.parametrize(
    ("script", "rules", "result"),
    [
        (Caller().hears("Enter").presses("12345"), {"max": 3}, digit("123")),
        (Caller().hears("Enter").presses("12#"), {"max": 9, "terminators": "#*"}, digit("12", "#")),
        (Caller().hears("Enter").presses("12"), {"max": 9, "digit_timeout": 2}, digit("12")),
        (Caller().hears("Enter").presses("1#"), {"max": 9, "min": 3, "terminators": "#"}, {"type": "no_match"}),
        (Caller(), {"max": 1}, {"type": "no_input"}),
    ],
    ids=["max", "terminator", "digit timeout", "too few", "silence"],
)
def test_a_prompt_collects_digits_by_its_rules(
    client: RawClient, call: PlaceCall, script: Caller, rules: dict[str, Any], result: Any
) -> None:
    _, address = call(script)
    assert ask(client, address, digits=rules, initial_timeout=3) == result
    kinds = [kind for kind in client.kinds() if "play:" in kind or "collect:" in kind]
    assert kinds == ["call.play:playing", "call.play:finished", "call.collect:"]


def test_a_key_ends_the_prompt(client: RawClient, call: PlaceCall) -> None:
    run, address = call(Caller().hears("Enter").presses("1"))
    prompt = "Enter your number" * 500
    params = {"control_id": "k", "play": [tts(prompt)], "collect": {"digits": {"max": 1}}}
    client.do(address, "calling.play_and_collect", **params)
    client.event("calling.call.collect", control_id="k")
    client.result("calling.end", address)
    assert len(run.wait().heard[0]) < len(prompt)


def test_speech_is_collected_and_ends_the_prompt(client: RawClient, call: PlaceCall) -> None:
    _, address = call(Caller().hears("Enter").says("forty two"))
    assert ask(client, address, speech={"end_silence_timeout": 0.5}) == {
        "type": "speech",
        "params": {"text": "forty two", "confidence": 95.0},
    }


def test_the_first_completed_input_wins(client: RawClient, call: PlaceCall) -> None:
    _, address = call(Caller().hears("Enter").says("hello there").presses("7"))
    assert ask(client, address, digits={"max": 1}, speech={"end_silence_timeout": 9}) == digit("7")


def test_a_stopped_prompt_gives_its_result_and_frees_the_name(client: RawClient, call: PlaceCall) -> None:
    _, address = call(Caller())
    client.result("calling.play_and_collect", {**address, **PROMPT, "collect": {"digits": {"max": 1}}})
    control = {**address, "control_id": "k"}
    assert client.result("calling.play_and_collect.volume", {**control, "volume": 3})["code"] == "200"
    assert client.result("calling.play_and_collect.stop", control)["code"] == "200"
    assert client.event("calling.call.collect")["result"] == {"type": "no_input"}
    assert client.result("calling.play_and_collect.stop", control)["code"] == "404"


def test_without_start_input_timers_a_collect_waits_for_the_command(
    client: RawClient, call: PlaceCall, sandbox: Sandbox
) -> None:
    _, address = call(Caller())
    listen(client, address, digits={"max": 1}, initial_timeout=1)
    probe = {**address, "control_id": "p", "play": [{"type": "silence", "params": {"duration": 3}}]}
    client.result("calling.play", probe)
    client.event("calling.call.play", state="finished")
    assert results(client) == []
    client.result("calling.collect.start_input_timers", {**address, "control_id": "k"})
    assert client.event("calling.call.collect")["result"] == {"type": "no_input"}


def test_start_input_timers_true_starts_the_clock_at_once(client: RawClient, call: PlaceCall) -> None:
    _, address = call(Caller())
    listen(client, address, digits={"max": 1}, initial_timeout=1, start_input_timers=True)
    assert client.event("calling.call.collect")["result"] == {"type": "no_input"}


def test_a_collect_can_report_the_start_and_partial_results(client: RawClient, call: PlaceCall) -> None:
    _, address = call(Caller().hears_digits(SIGN).presses("12"))
    listen(client, address, digits={"max": 2}, send_start_of_input=True, partial_results=True)
    client.go_on(address)
    client.wait(lambda: digit("12") in results(client))
    bodies = client.events("calling.call.collect")
    assert [body["result"] for body in bodies] == [{"type": "start_of_input"}, digit("1"), digit("12")]
    assert bodies[1]["final"] is False
    assert "state" not in bodies[2]


@pytest.mark.parametrize("name", ["continuous", "continue"])
def test_a_continuous_collect_goes_on_until_it_is_stopped(client: RawClient, call: PlaceCall, name: str) -> None:
    _, address = call(Caller().hears_digits(SIGN).presses("12").says("done"))
    listen(client, address, **{name: True}, digits={"max": 1}, speech={"end_silence_timeout": 0.1})
    client.go_on(address)
    client.wait(lambda: len(results(client)) == 3)
    assert [body["state"] for body in client.events("calling.call.collect")] == ["collecting"] * 3
    client.result("calling.collect.stop", {**address, "control_id": "k"})
    last = client.wait(lambda: client.events("calling.call.collect", state="finished"))[0]
    assert last["result"] == {"type": "finished"}


def test_a_stopped_collect_hands_on_what_it_has(client: RawClient, call: PlaceCall, sandbox: Sandbox) -> None:
    run, address = call(Caller())
    listen(client, address, digits={"max": 5, "digit_timeout": 100})
    run.call.line.press("4")
    client.result("calling.collect.stop", {**address, "control_id": "k"})
    assert client.event("calling.call.collect")["result"] == digit("4")


def test_a_collect_that_starts_in_mid_sentence_gets_the_sentence(client: RawClient, call: PlaceCall) -> None:
    run, address = call(Caller())
    run.call.line.speech_begins("I was saying")
    listen(client, address, speech={"end_silence_timeout": 1}, initial_timeout=0.5, start_input_timers=True)
    run.call.line.speech_ends("I was saying")
    assert client.event("calling.call.collect")["result"]["params"]["text"] == "I was saying"
