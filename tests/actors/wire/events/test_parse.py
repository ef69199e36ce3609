"""From an envelope to a typed event: nothing is too odd to be read."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.frames import event as read
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from relay_actors.wire.events import EVENT_CLASSES, AIStartEvent, QueueEvent, RelayEvent, make_event, parse_event
from relay_actors.wire.frames import FrameParams

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = sorted({field for cls in EVENT_CLASSES.values() for field in cls.__struct_encode_fields__})


@given(st.sampled_from([*EVENT_CLASSES, "calling.tomorrow"]), st.dictionaries(st.sampled_from(NAMES), json_values))
def test_no_body_is_too_odd_to_be_read(event_type: str, body: dict[str, Any]) -> None:
    event = make_event(event_type, body)
    assert isinstance(event, EVENT_CLASSES.get(event_type, RelayEvent))
    assert event.params == body
    for name in dir(event):
        if not name.startswith("_"):
            getattr(event, name)  # no property raises, whatever the body holds


@pytest.mark.parametrize("params", [b"null", b"[]", b"7", b'"x"', b"{"])
def test_a_body_that_is_no_object_is_an_empty_one(params: bytes) -> None:
    event = parse_event(FrameParams(event_type="calling.call.play", params=Raw(params)))
    assert (event.event_type, event.params, event.call_id) == ("calling.call.play", {}, "")


def test_an_unknown_type_passes_with_all_it_has() -> None:
    event = read("calling.tomorrow", call_id="c1", control_id="k1", anything={"deep": [1]})
    assert type(event) is RelayEvent
    assert (event.call_id, event.control_id, event.params["anything"]) == ("c1", "k1", {"deep": [1]})


def test_a_field_of_another_type_counts_as_absent_and_the_others_stand() -> None:
    event = read("calling.call.record", call_id="c1", state="finished", url=7, duration="long", size=3)
    assert (event.state, event.url, event.duration, event.size, event.call_id) == ("finished", "", 0.0, 3, "c1")
    assert event.params["url"] == 7


def test_a_queue_event_is_known_by_either_name() -> None:
    for name in ("calling.call.queue", "calling.queue"):
        event: QueueEvent = read(name, id="q-1", name="support", position=2, status="enqueue")
        assert type(event) is QueueEvent
        assert event.event_type == "calling.call.queue"
        assert (event.queue_id, event.queue_name, event.position) == ("q-1", "support", 2)


def test_a_type_that_is_known_has_its_class() -> None:
    assert type(read("calling.ai.start", call_id="c")) is AIStartEvent


def test_a_body_cannot_set_the_envelope_whatever_it_names_its_fields() -> None:
    for name in ("envelope", "(envelope)"):
        event = make_event("calling.call.play", {name: {"event_type": "calling.call.state"}, "state": "playing"})
        assert (event.event_type, event.params[name]["event_type"]) == ("calling.call.play", "calling.call.state")


def test_an_event_can_be_made_as_if_the_server_had_sent_it() -> None:
    event: Any = make_event("calling.call.state", {"call_id": "c1", "call_state": "answered"}, timestamp=7.5)
    assert (event.call_id, event.call_state, event.timestamp) == ("c1", "answered", 7.5)
