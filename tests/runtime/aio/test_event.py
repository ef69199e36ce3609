"""The events where programs for SignalWire's own client import them from, and a payload as a typed event."""

from __future__ import annotations

from typing import Any

import pytest

import relay_runtime
from relay_runtime import aio
from relay_runtime.aio import event as home
from relay_runtime.aio.event import EVENT_CLASS_MAP, parse_event


def test_a_payload_becomes_the_event_of_its_type() -> None:
    params = {"call_id": "c1", "control_id": "k1", "state": "playing"}
    event = parse_event({"event_type": "calling.call.play", "params": params, "timestamp": 12})
    assert isinstance(event, aio.PlayEvent)
    assert (event.call_id, event.control_id, event.state, event.timestamp) == ("c1", "k1", "playing", 12.0)
    assert event.params == params


def test_a_payload_of_an_unknown_type_is_a_plain_event() -> None:
    event = parse_event({"event_type": "calling.call.dance", "params": {"step": 1}})
    assert type(event) is aio.RelayEvent
    assert (event.event_type, event.params) == ("calling.call.dance", {"step": 1})


@pytest.mark.parametrize(
    "payload",
    [{}, {"event_type": None}, {"event_type": "x", "params": [1]}, {"event_type": "x", "timestamp": "noon"}],
)
def test_a_field_that_is_absent_or_of_another_type_makes_no_error(payload: dict[str, Any]) -> None:
    assert parse_event(payload).params == {}


def test_a_payload_that_is_no_dict_is_refused() -> None:
    payload: Any = b"{}"
    with pytest.raises(TypeError, match="payload is bytes; accepted is a dict with event_type and params"):
        parse_event(payload)


def test_every_event_of_the_face_is_here_and_has_its_type_in_the_map() -> None:
    events = [name for name in dir(relay_runtime) if name.endswith("Event")]
    assert [name for name in events if getattr(home, name) is not getattr(relay_runtime, name)] == []
    assert {cls.__name__ for cls in EVENT_CLASS_MAP.values()} <= set(events)
