"""Events of a call's life: what is read from either place and in either spelling."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.frames import event as read
from msgspec import Raw

from relay_actors.wire.events import CallReceiveEvent, CallStateEvent, parse_event
from relay_actors.wire.frames import FrameParams, encode_params


@pytest.mark.parametrize(("written", "read_as"), [("max_duration", "maxDuration"), ("not_found", "notFound")])
def test_either_spelling_of_an_end_reason_is_read_as_the_wires(written: str, read_as: str) -> None:
    for spelling in (written, read_as):
        event: CallStateEvent = read("calling.call.state", call_state="ended", end_reason=spelling)
        assert event.end_reason == read_as
        assert event.params["end_reason"] == spelling


@pytest.mark.parametrize(
    ("value", "won"), [("true", True), (True, True), ("false", False), (False, False), (None, False)]
)
def test_the_winner_of_a_dial_is_told_by_a_text_or_a_flag(value: Any, won: bool) -> None:
    assert read("calling.call.state", dial_winner=value).dial_winner is won


def test_an_offer_has_its_project_from_the_envelope_or_from_the_body() -> None:
    assert read("calling.call.receive", project_id="body").project_id == "body"
    params = Raw(encode_params({"project_id": "body"}))
    offer: CallReceiveEvent = parse_event(  # type: ignore[assignment]
        FrameParams(event_type="calling.call.receive", project_id="envelope", params=params)
    )
    assert offer.project_id == "envelope"


def test_an_offer_has_its_context_from_the_body_or_else_from_the_envelope() -> None:
    for body, context in (({"context": "body"}, "body"), ({}, "envelope")):
        envelope = FrameParams(
            event_type="calling.call.receive", context="envelope", params=Raw(encode_params({"call_id": "c", **body}))
        )
        offer: CallReceiveEvent = parse_event(envelope)  # type: ignore[assignment]
        assert offer.context == context


def test_the_other_leg_the_parent_and_the_device_of_a_state_are_dicts_or_empty() -> None:
    bare: CallStateEvent = read("calling.call.state", call_state="ringing", device=None, peer=[1])
    assert (bare.device, bare.peer, bare.parent, bare.sip_data) == ({}, {}, {}, {})
    full: CallStateEvent = read("calling.call.state", peer={"call_id": "c2"}, parent={"call_id": "c0"})
    assert (full.peer, full.parent) == ({"call_id": "c2"}, {"call_id": "c0"})


def test_a_dial_names_its_winner_inside_and_has_none_before() -> None:
    assert read("calling.call.dial", tag="T", dial_state="dialing").call == {}
    assert read("calling.call.dial", dial_state="answered", call={"call_id": "w"}).call == {"call_id": "w"}


def test_a_bridge_tells_its_state_and_the_leg_at_its_other_end() -> None:
    event = read("calling.call.connect", connect_state="connected", peer={"call_id": "p"})
    assert (event.connect_state, event.peer, event.failed_reason) == ("connected", {"call_id": "p"}, "")
