"""Events of queues, conferences and applications, and of errors inside them."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.frames import event as read

from relay_actors.wire.events import CallingErrorEvent, ConferenceEvent, UserEvent


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({"error": "SWAIG function failed", "fatal": False}, "", "SWAIG function failed"),
        ({"error": {"code": 7, "message": "no"}}, "7", "no"),
        ({"code": "500", "message": "broken"}, "500", "broken"),
        ({"code": 500}, "500", ""),
        ({}, "", ""),
    ],
)
def test_an_error_is_read_in_every_shape(body: dict[str, Any], code: str, message: str) -> None:
    event: CallingErrorEvent = read("calling.error", **body)
    assert (event.code, event.message, event.error) == (code, message, body.get("error"))


@pytest.mark.parametrize("odd", [7, 10**60, True, ["SWAIG"], None])
def test_an_error_that_is_neither_text_nor_object_is_none(odd: Any) -> None:
    event: CallingErrorEvent = read("calling.error", error=odd, code="500")
    assert (event.error, event.code, event.message) == (None, "500", "")


def test_an_application_gets_its_own_object_back_nested_or_not() -> None:
    address = {"node_id": "n", "call_id": "c", "segment_id": "s", "tag": "t"}
    merged: UserEvent = read("calling.user_event", **address, kind="note", value=42)
    nested: UserEvent = read("calling.user_event", **address, event={"kind": "note", "value": 42})
    assert merged.event == nested.event == {"kind": "note", "value": 42}


def test_a_conference_without_a_call_is_an_event_too() -> None:
    event: ConferenceEvent = read("calling.conference", conference_id="f", status="conference-start", size=1)
    assert (event.call_id, event.conference_id, event.status, event.muted) == ("", "f", "conference-start", None)


def test_the_quality_of_a_participant_is_apart_from_the_conferences_own_facts() -> None:
    event: ConferenceEvent = read("calling.conference", conference_id="f", name="standup", in_mos=4.1, rtt_avg="20")
    assert event.quality == {"in_mos": "4.1", "rtt_avg": "20"}
