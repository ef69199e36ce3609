"""What every event has: its envelope, ids, a body that nobody can change, and a repr that is silent."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.frames import event as read

from relay_actors.wire.events import EVENT_CLASSES, make_event, parse_event
from relay_actors.wire.frames import decode_frame

NAMES = sorted({field for cls in EVENT_CLASSES.values() for field in cls.__struct_encode_fields__})


def test_the_envelope_tells_time_project_and_space() -> None:
    text = (
        b'{"jsonrpc":"2.0","id":"e","method":"signalwire.event","params":{"event_type":"calling.call.play",'
        b'"timestamp":1760000000.25,"project_id":"P","space_id":"S","params":{"timestamp":1,"state":"playing"}}}'
    )
    frame: Any = decode_frame(text)
    event = parse_event(frame.params)
    assert (event.timestamp, event.project_id, event.space_id) == (1760000000.25, "P", "S")


def test_an_event_cannot_be_changed_and_its_objects_are_fresh() -> None:
    event = read("calling.call.state", call_state="ringing", device={"type": "phone", "params": {"to_number": "+1"}})
    with pytest.raises(AttributeError):
        event.call_state = "ended"
    event.device["type"] = "sip"
    event.params["call_state"] = "ended"
    assert (event.device["type"], event.params["call_state"]) == ("phone", "ringing")


@pytest.mark.parametrize("event_type", EVENT_CLASSES)
def test_no_repr_shows_a_number_or_a_text(event_type: str) -> None:
    secret = "+15559871234"
    body = {name: secret for name in NAMES if name not in {"call_id", "control_id"}}
    event = make_event(event_type, {**body, "call_id": "c1"})
    assert secret not in repr(event)
    assert event_type in repr(event)


def test_an_event_that_says_nothing_of_itself_has_empty_facts() -> None:
    event = make_event("calling.call.play", {})
    assert (event.timestamp, event.project_id, event.space_id) == (0.0, "", "")
    assert (event.node_id, event.call_id, event.control_id, event.tag, event.segment_id) == ("", "", "", "", "")
    assert repr(event) == "<PlayEvent calling.call.play>"
