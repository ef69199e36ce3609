"""What is known of a call, and what is remembered of its states."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from doubles.frames import frame, offer, state

from relay_actors.call.facts import CallFacts
from relay_actors.errors import CallEnded, SessionLost
from relay_actors.wire.events.parse import parse_event
from relay_actors.wire.frames import Frame, decode_frame


def facts(**fields: Any) -> CallFacts:
    first = {"call_id": "c1", "node_id": "n1", "direction": "inbound", "state": "", "kind": "Call"}
    made = CallFacts(**{**first, **fields})
    made.enter("created")
    return made


@pytest.mark.parametrize(
    "device",
    [b"{}", b"null", b"[]", b"7", b'{"params":[]}', b'{"params":"x"}', b'{"params":null}', b"[" * 999 + b"]" * 999],
)
def test_a_device_of_any_shape_has_facts(device: bytes) -> None:
    call = facts(raw_device=msgspec.Raw(device))
    assert isinstance(call.device, dict)
    assert call.from_number == call.to_number == ""


def test_the_sides_of_a_call_are_numbers_or_addresses() -> None:
    phone: Any = offer()
    sip = msgspec.Raw(b'{"type":"sip","params":{"from":"sip:a@x","to":"sip:b@x"}}')
    assert facts(raw_device=phone.raw_device).from_number == "+15550100001"
    assert facts(raw_device=sip).to_number == "sip:b@x"


def test_a_device_is_a_dict_of_the_readers_own() -> None:
    call = facts(raw_device=msgspec.Raw(b'{"type":"phone"}'))
    call.device["type"] = "sip"
    assert call.device == {"type": "phone"}


def test_the_history_has_each_state_and_when_it_came() -> None:
    call = facts()
    for each in ("ringing", "answered", "ended"):
        call.enter(each)
    assert [each for _, each in call.history] == ["created", "ringing", "answered", "ended"]
    times = [at for at, _ in call.history]
    assert times == sorted(times)
    assert call.born == times[0]
    assert call.state == "ended"


@pytest.mark.parametrize(
    ("states", "was"),
    [
        (["ringing"], {"created", "ringing"}),
        (["answered"], {"created", "ringing", "answered"}),
        (["ending"], {"created", "ending"}),
        (["answered", "ended"], {"created", "ringing", "answered", "ending", "ended"}),
    ],
)
def test_a_call_has_been_in_its_states_and_in_those_that_were_skipped(states: list[str], was: set[str]) -> None:
    call = facts()
    for each in states:
        call.enter(each)
    assert {each for each in ("created", "ringing", "answered", "ending", "ended") if call.has_been(each)} == was


def test_a_call_that_is_over_has_ended_though_the_server_never_said_so() -> None:
    call = facts()
    call.over = SessionLost()
    assert call.has_been("ended")
    assert (call.is_ended, call.end_reason) == (True, "")
    call.over = CallEnded(reason="busy")
    assert call.end_reason == "busy"


@pytest.mark.parametrize("newest", ["ringing", "answered", "ended"])
def test_the_event_of_the_newest_state_is_told_as_it_came(newest: str) -> None:
    call = facts()
    assert call.last_state is None
    event: Any = state(newest, end_reason="hangup")
    call.note_state(event)
    last = call.last_state
    assert last is not None
    assert (last.params, last.timestamp, last.call_state) == (event.params, event.timestamp, newest)


ANSWERED = {"call_id": "c1", "node_id": "n1", "call_state": "answered"}


def test_calls_keep_what_they_have_in_common_once() -> None:
    ids = {"project_id": "the project", "space_id": "the space", "context": "the office"}
    text = frame(method="signalwire.event", params={"event_type": "calling.call.state", "params": ANSWERED, **ids})
    kept = []
    for _ in range(2):
        call, read = facts(), decode_frame(text)
        assert isinstance(read, Frame)
        assert read.params is not None
        event: Any = parse_event(read.params)
        call.note_state(event)
        kept.append(call.newest)
    assert [getattr(kept[0], name) for name in ids] == list(ids.values())
    assert [getattr(kept[0], name) is getattr(kept[1], name) for name in ids] == [True, True, True]


def test_what_shows_a_call_shows_no_number() -> None:
    phone: Any = offer()
    assert repr(facts(raw_device=phone.raw_device)) == "<Call c1 inbound created>"


def test_of_an_adopted_call_no_number_is_known() -> None:
    call = facts(orphaned="hangup", raw_device=msgspec.Raw(b"null"))
    assert (call.device, call.from_number, call.to_number) == (None, None, None)
    assert repr(call) == "<Call c1 inbound created>"
