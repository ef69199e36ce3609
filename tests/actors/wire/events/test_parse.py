"""From an envelope to a typed event: nothing is too odd to be read."""

from __future__ import annotations

import re
from typing import Any

import pytest
from doubles.frames import event as read
from event_values import oddities
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw
from msgspec.structs import fields

from relay_actors.wire.events import EVENT_CLASSES, AIStartEvent, QueueEvent, RelayEvent, make_event, parse_event
from relay_actors.wire.frames import Frame, FrameParams, decode_frame

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
    assert oddities(event) == []


NUMBERS = [
    (kind, field)
    for kind in EVENT_CLASSES.values()
    for field in fields(kind)
    if "ge=" in str(field.type) and "str" not in str(field.type)
]
ODD_NUMBERS = [
    '"nan"', '"-nan"', '"inf"', '"-inf"', '"Infinity"', "1e400", "-1e400", '"1e400"', "NaN", "Infinity", str(2**80),
    "9" * 400, "9" * 5000, '"%s"' % ("9" * 5000), "-7", "-0.5", '"-7"', "true", "false", "null", '" 7 "', '"7_000"',
    '"+7"', '""', "[]", "[7]", "{}", "1e300",
]  # fmt: skip


def test_the_numbers_of_events_are_known_here() -> None:
    assert {field.encode_name for _, field in NUMBERS} >= {
        "size",
        "duration",
        "segments",
        "start_time",
        "tokens",
        "audio_in_mos",
    }
    assert len(NUMBERS) >= 25
    for kind in EVENT_CLASSES.values():
        for field in fields(kind):
            of_numbers = re.search(r"\b(int|float)\b", str(field.type)) is not None
            assert ("ge=" in str(field.type)) == of_numbers, (kind, field.name)


@pytest.mark.parametrize("value", ODD_NUMBERS, ids=lambda value: value[:12])
def test_a_number_that_is_none_counts_as_absent_in_every_event(value: str) -> None:
    for kind, field in NUMBERS:
        text = b'{"call_id":"c1","%b":%b}' % (field.encode_name.encode(), value.encode())
        event = parse_event(FrameParams(event_type=kind.EVENT_TYPE, params=Raw(text)))
        assert oddities(event) == []
        assert getattr(event, field.name) == getattr(kind(), field.name)


@pytest.mark.parametrize("value", ODD_NUMBERS, ids=lambda value: value[:12])
def test_a_number_that_is_none_counts_as_absent_inside_an_object_too(value: str) -> None:
    inner = ",".join(
        f'"{name}":{value}' for name in ("confidence", "size", "duration", "pages", "number", "url", "code")
    )
    body = (
        f'{{"record":{{{inner}}},"fax":{{"params":{{{inner}}}}},"result":{{"params":{{{inner}}}}},"error":{{{inner}}}}}'
    )
    for kind in EVENT_CLASSES.values():
        event = parse_event(FrameParams(event_type=kind.EVENT_TYPE, params=Raw(body.encode())))
        assert oddities(event) == []


@pytest.mark.parametrize("value", ODD_NUMBERS, ids=lambda value: value[:12])
def test_an_event_has_a_time_that_is_one_or_none(value: str) -> None:
    text = (
        b'{"id":"e","method":"signalwire.event","params":{"event_type":"calling.call.play","timestamp":%b,"params":{}}}'
    )
    found = decode_frame(text % value.encode())
    if isinstance(found, Frame):
        assert found.params is not None
        assert parse_event(found.params).timestamp == 0.0
    else:
        assert value in {"NaN", "Infinity", "1e400", "-1e400", "9" * 5000}  # no JSON, or nothing that can be read


def test_numbers_in_range_stand_as_texts_too() -> None:
    event: Any = read("calling.call.record", size="7", duration="2.5", start_time=1.5, end_time=2**40)
    assert (event.size, event.duration, event.start_time, event.end_time) == (7, 2.5, 1.5, 2.0**40)
    event = read("calling.call.record", record={"size": "7", "duration": 3, "url": "https://x"})
    assert (event.size, event.duration, event.url) == (7, 3.0, "https://x")


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
