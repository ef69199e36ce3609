"""What a phone tells."""

from __future__ import annotations

import msgspec
import pytest

from relay_runtime.softphone.events import Event, LineNoted, MessageMoved, who_is


@pytest.mark.parametrize(
    ("name", "who"), [("caller", "phone"), ("callee", "phone"), ("client", "app"), ("network", "network")]
)
def test_those_whom_a_transcript_names_are_known(name: str, who: str) -> None:
    assert who_is(name) == who


def test_an_event_says_in_json_what_it_is() -> None:
    for event in (LineNoted(1, 0.5, "app", "answers"), MessageMoved("m", "+1", "+2", "hello", "sent")):
        encoded = msgspec.json.encode(event)
        assert msgspec.json.decode(encoded)["type"] == type(event).__name__
        assert msgspec.json.decode(encoded, type=Event) == event
