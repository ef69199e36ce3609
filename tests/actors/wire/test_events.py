"""Events: read leniently, immutable, with the envelope's facts, and silent about numbers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from relay_actors.wire.events import (
    EVENT_CLASSES,
    AIStartEvent,
    CallingErrorEvent,
    CallReceiveEvent,
    CallStateEvent,
    CollectEvent,
    ConferenceEvent,
    DetectEvent,
    FaxEvent,
    PayEvent,
    QueueEvent,
    RecordEvent,
    RelayEvent,
    TaskEvent,
    TranscribeUtteranceEvent,
    UserEvent,
    make_event,
    parse_event,
)
from relay_actors.wire.frames import FrameParams, decode_frame, encode_params

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


def read(event_type: str, **body: Any) -> Any:
    return make_event(event_type, body)


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


def test_a_recordings_file_is_found_at_the_top_or_inside() -> None:
    top: RecordEvent = read("calling.call.record", url="u", duration=1.5, size=2, record={"audio": {}})
    inside: RecordEvent = read("calling.call.record", record={"url": "u", "duration": 1.5, "size": 2})
    for event in (top, inside):
        assert (event.url, event.duration, event.size) == ("u", 1.5, 2)


def test_digits_are_found_in_params_or_beside_the_type() -> None:
    nested: CollectEvent = read("calling.call.collect", result={"type": "digit", "params": {"digits": "12"}})
    flat: CollectEvent = read("calling.call.collect", result={"type": "digit", "digits": "12"})
    assert nested.digits == flat.digits == "12"


def test_what_was_said_comes_with_its_confidence() -> None:
    event: CollectEvent = read(
        "calling.call.collect", result={"type": "speech", "params": {"text": "yes", "confidence": 83}}
    )
    assert (event.type, event.text, event.confidence, event.digits) == ("speech", "yes", 83.0, "")


def test_a_detector_tells_what_it_heard() -> None:
    event: DetectEvent = read(
        "calling.call.detect", detect={"type": "machine", "params": {"event": "READY", "beep": True}}
    )
    assert (event.type, event.event, event.beep) == ("machine", "READY", True)


def test_a_fax_tells_pages_and_verdict() -> None:
    page: FaxEvent = read("calling.call.fax", fax={"type": "page", "params": {"direction": "send", "number": 2}})
    assert (page.type, page.pages, page.success) == ("page", 2, False)
    body = {"success": True, "pages": 3, "document": "d", "result_text": "OK"}
    end: FaxEvent = read("calling.call.fax", fax={"type": "finished", "params": body})
    assert (end.type, end.pages, end.success, end.document, end.result_text) == ("finished", 3, True, "d", "OK")


def test_a_payment_tells_what_it_asks_for_and_how_it_ended() -> None:
    asking: PayEvent = read("calling.call.pay", **{"for": "security-code", "attempt": "1"})
    assert (asking.for_, asking.attempt, asking.result, asking.success) == ("security-code", "1", "", False)
    assert read("calling.call.pay", result="success").success is True


def test_a_queue_event_is_known_by_either_name() -> None:
    for name in ("calling.call.queue", "calling.queue"):
        event: QueueEvent = read(name, id="q-1", name="support", position=2, status="enqueue")
        assert type(event) is QueueEvent
        assert event.event_type == "calling.call.queue"
        assert (event.queue_id, event.queue_name, event.position) == ("q-1", "support", 2)


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


def test_an_application_gets_its_own_object_back_nested_or_not() -> None:
    address = {"node_id": "n", "call_id": "c", "segment_id": "s", "tag": "t"}
    merged: UserEvent = read("calling.user_event", **address, kind="note", value=42)
    nested: UserEvent = read("calling.user_event", **address, event={"kind": "note", "value": 42})
    assert merged.event == nested.event == {"kind": "note", "value": 42}


def test_a_conference_without_a_call_is_an_event_too() -> None:
    event: ConferenceEvent = read("calling.conference", conference_id="f", status="conference-start", size=1)
    assert (event.call_id, event.conference_id, event.status, event.muted) == ("", "f", "conference-start", None)


def test_a_task_has_its_payload_in_the_envelope() -> None:
    frame: Any = decode_frame(
        b'{"id":"e","method":"signalwire.event","params":{"event_type":"queuing.relay.tasks","context":"office",'
        b'"message":{"job":1},"timestamp":1760000000}}'
    )
    event = parse_event(frame.params)
    assert isinstance(event, TaskEvent)
    assert (event.context, event.message, event.timestamp) == ("office", {"job": 1}, 1760000000)


def test_an_utterance_tells_who_spoke_and_what() -> None:
    event: TranscribeUtteranceEvent = read(
        "calling.ai.transcribe.utterance", utterance={"role": "remote-caller", "content": "hi"}, confidence=0.9
    )
    assert (event.role, event.text, event.confidence) == ("remote-caller", "hi", 0.9)


def test_an_ai_session_is_known_by_its_events() -> None:
    assert type(read("calling.ai.start", call_id="c")) is AIStartEvent


def test_an_offer_has_its_project_from_the_envelope_or_from_the_body() -> None:
    assert read("calling.call.receive", project_id="body").project_id == "body"
    params = Raw(encode_params({"project_id": "body"}))
    offer: CallReceiveEvent = parse_event(  # type: ignore[assignment]
        FrameParams(event_type="calling.call.receive", project_id="envelope", params=params)
    )
    assert offer.project_id == "envelope"
