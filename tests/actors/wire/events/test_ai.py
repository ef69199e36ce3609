"""Events of AI sessions, live transcription and live translation."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.frames import event as read

from relay_actors.wire.events import TranscribeUtteranceEvent


def test_an_utterance_tells_who_spoke_and_what() -> None:
    event: TranscribeUtteranceEvent = read(
        "calling.ai.transcribe.utterance", utterance={"role": "remote-caller", "content": "hi"}, confidence=0.9
    )
    assert (event.role, event.text, event.confidence) == ("remote-caller", "hi", 0.9)


@pytest.mark.parametrize("utterance", [None, "hi", [], {"role": 1, "content": ["hi"]}])
def test_an_utterance_of_another_shape_has_neither_words_nor_speaker(utterance: Any) -> None:
    event: TranscribeUtteranceEvent = read("calling.ai.transcribe.utterance", utterance=utterance)
    assert (event.role, event.text) == ("", "")


def test_the_logs_of_a_conversation_are_its_turns_and_nothing_else() -> None:
    turns = [{"role": "remote-caller", "content": "hi"}, "noise", 7]
    log = read("calling.ai.transcribe.conversation_log", conversation_log=turns, metrics={"turns": 1})
    assert (log.conversation_log, log.metrics) == (turns[:1], {"turns": 1})
    both = read("calling.ai.translate.conversation_log", primary_conversation_log=turns, secondary_conversation_log={})
    assert (both.primary_conversation_log, both.secondary_conversation_log) == (turns[:1], [])


def test_a_piece_of_a_translation_has_either_side_or_none() -> None:
    delta = read("calling.ai.translate.transcript_delta", input_utterance={"language": "en", "delta": "hi"})
    assert (delta.input_utterance["delta"], delta.output_utterance) == ("hi", {})


def test_the_end_of_a_session_tells_what_it_is_billed_for() -> None:
    event = read("calling.ai.stop", end_time=2, billing={"minutes": 1})
    assert (event.end_time, event.billing) == (2, {"minutes": 1})
    assert read("calling.ai.stop").billing == {}


def test_an_observer_of_a_call_says_what_kind_of_thing_it_did() -> None:
    assert read("calling.ai.sidecar", sidecar_event={"type": "insight"}).type == "insight"
    assert read("calling.ai.sidecar", sidecar_event="insight").type == ""
