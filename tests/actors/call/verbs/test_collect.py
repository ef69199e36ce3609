"""Verbs that ask for digits or speech: their prompts, and what is always sent."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.line import Line
from doubles.operations import DIGIT

TOLD = {"text": "Your number?", "language": "en-GB", "gender": "male", "voice": "amy"}


def test_a_text_and_a_sound_file_are_prompts_of_one_item(line: Line[Any]) -> None:
    line.call.prompt_tts("Your number?", {"digits": DIGIT}, language="en-GB", gender="male", voice="amy", volume=2)
    line.call.prompt_audio("https://example.com/a.mp3", {"digits": DIGIT})
    line.call.prompt_audio("https://example.com/a.mp3", {"digits": DIGIT}, volume=-3)
    spoken, played, quiet = line.board.params("calling.play_and_collect")
    assert spoken["play"] == [{"type": "tts", "params": TOLD}]
    assert (spoken["volume"], spoken["collect"]) == (2, {"digits": DIGIT})
    assert played["play"] == [{"type": "audio", "params": {"url": "https://example.com/a.mp3"}}]
    assert ("volume" not in played, quiet["volume"]) == (True, -3)


def test_a_mistake_in_a_prompt_is_told_by_the_name_that_the_caller_knows(line: Line[Any]) -> None:
    with pytest.raises(ValueError, match=r"^media\[0\]\.params\.text is malformed"):
        line.call.prompt_tts("", {"digits": DIGIT})


def test_a_collection_starts_no_clock_unless_it_is_told_to(line: Line[Any]) -> None:
    line.call.collect(digits=DIGIT)
    line.call.collect(speech={"language": "en-US"}, start_input_timers=True)
    assert [sent["start_input_timers"] for sent in line.board.params("calling.collect")] == [False, True]


def test_the_deprecated_alias_of_continuous_works_too_and_yields_to_it(line: Line[Any]) -> None:
    assert line.call.collect(digits=DIGIT, **{"continue": True}).continuous
    assert not line.call.collect(digits=DIGIT, continuous=False, **{"continue": True}).continuous


@pytest.mark.parametrize(
    ("ask", "place"),
    [
        (
            lambda call: call.prompt_tts("Your number?", {"digits": DIGIT, "initialTimeout": 5}),
            "collect.initialTimeout",
        ),
        (lambda call: call.prompt_tts("Your number?", {"digits": {"max": 1, "terminator": "#"}}), "collect.digits."),
        (lambda call: call.collect(digits=DIGIT, initialTimeout=5), "initialTimeout"),
        (lambda call: call.record({"beeep": True}), "record.audio.beeep"),
        (lambda call: call.play([{"type": "tts", "params": {"text": "x", "langauge": "de"}}]), "media[0].params.lang"),
        (lambda call: call.connect([[{"type": "phone", "params": {"toNumber": "+15550100001"}}]]), "devices[0][0]."),
        (lambda call: call.echo(statusUrl="https://example.com"), "statusUrl"),
    ],
)
def test_a_misspelt_key_is_refused_and_nothing_is_sent(line: Line[Any], ask: Any, place: str) -> None:
    with pytest.raises(ValueError, match="is not known; did you mean") as error:
        ask(line.call)
    assert str(error.value).startswith(place)
    assert line.board.sent == []


def test_what_a_call_is_told_to_send_as_it_is_is_sent_as_it_is(line: Line[Any]) -> None:
    line.call.command("calling.collect", {"digits": DIGIT, "initialTimeout": 5})
    (sent,) = line.board.params("calling.collect")
    assert sent["initialTimeout"] == 5
