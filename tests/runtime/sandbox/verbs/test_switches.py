"""The switches of a call: echo, hold, noise reduction, rooms, user events (protocol 7.3 and 7.5)."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.raw_client import PlaceCall, RawClient

from relay_runtime.sandbox import Caller


@pytest.mark.parametrize(
    ("on", "off", "event_type", "field", "values"),
    [
        ("calling.denoise", "calling.denoise.stop", "calling.call.denoise", "denoised", [True, False]),
        ("calling.hold", "calling.unhold", "calling.call.hold", "state", ["hold", "unhold"]),
    ],
)
def test_a_switch_is_409_on_a_repetition(
    client: RawClient, call: PlaceCall, on: str, off: str, event_type: str, field: str, values: list[Any]
) -> None:
    _, address = call(Caller())
    assert client.code(address, off) == "409"
    client.do(address, on)
    assert client.code(address, on) == "409"
    client.do(address, off)
    client.event(event_type, **{field: values[1]})
    assert client.states(event_type, field) == values


def test_an_echo_ends_by_itself_after_five_seconds_at_least(client: RawClient, call: PlaceCall) -> None:
    _, address = call(Caller())
    client.do(address, "calling.echo", timeout=0.1)
    assert client.code(address, "calling.echo") == "409"
    client.event("calling.call.echo", state="finished")
    assert client.states("calling.call.echo") == ["echoing", "finished"]


def test_a_room_is_joined_and_left(client: RawClient, call: PlaceCall) -> None:
    _, address = call(Caller())
    assert client.code(address, "calling.leave_room") == "404"
    client.do(address, "calling.join_room", name="standup")
    assert client.code(address, "calling.join_room", name="other") == "409"
    client.do(address, "calling.leave_room")
    client.event("calling.call.room", join_status="leave")
    assert client.states("calling.call.room", "join_status") == ["joined", "leave"]


def test_a_user_event_comes_back(client: RawClient, call: PlaceCall) -> None:
    _, address = call(Caller())
    client.do(address, "calling.user_event", event={"kind": "note", "value": 42})
    assert client.event("calling.user_event", kind="note") == {**address, "kind": "note", "value": 42}


def test_a_user_event_may_be_a_name_with_its_fields_beside_it(client: RawClient, call: PlaceCall) -> None:
    _, address = call(Caller())
    client.do(address, "calling.user_event", event="order_placed", order_id="12345")
    named = {"event": "order_placed", "order_id": "12345"}
    assert client.event("calling.user_event") == {**address, "event": named}
    for event in ("", 7, None):
        assert client.code(address, "calling.user_event", event=event) == "400"


@pytest.mark.parametrize("key", ["event_type", "self", "fields"])
def test_a_user_event_may_have_any_key(client: RawClient, call: PlaceCall, key: str) -> None:
    _, address = call(Caller())
    client.do(address, "calling.user_event", event={key: 1})
    assert client.event("calling.user_event") == {**address, key: 1}
