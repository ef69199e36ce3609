"""Verbs of live transcription and translation: one form of an action on the wire."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.line import Line


@pytest.mark.parametrize("verb", ["live_transcribe", "live_translate"])
@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"action": "summarize", "prompt": "in brief"}, {"summarize": {"prompt": "in brief"}}),
        ({"action": "stop"}, {"stop": {}}),
        ({"start": {"direction": ["remote-caller"]}}, {"start": {"direction": ["remote-caller"]}}),
        ("stop", "stop"),
    ],
)
def test_the_flat_form_of_an_action_becomes_the_nested_one(line: Line[Any], verb: str, given: Any, sent: Any) -> None:
    getattr(line.call, verb)(given)
    assert line.board.wait_for(f"calling.{verb}")["action"] == sent


@pytest.mark.parametrize("verb", ["live_transcribe", "live_translate"])
@pytest.mark.parametrize("action", [None, 7, {"action": 7, "start": "now"}])
def test_what_is_no_action_is_refused_before_anything_is_sent(line: Line[Any], verb: str, action: Any) -> None:
    with pytest.raises(ValueError, match="action"):
        getattr(line.call, verb)(action)
    assert line.board.sent == []


def test_words_are_put_into_a_translation(line: Line[Any]) -> None:
    inject = {"inject": {"message": "hello", "direction": "remote-caller"}}
    line.call.live_translate(inject, status_url="https://example.com/s")
    sent = line.board.wait_for("calling.live_translate")
    assert (sent["action"], sent["status_url"]) == (inject, "https://example.com/s")
