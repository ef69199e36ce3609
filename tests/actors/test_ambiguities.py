"""Protocol 16, row by row: where what is published disagrees, the safe choice is made.

A test is named after its row. Those of 4 to 8 are about the connection:
the tests of connection and supervisor have them.
"""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from doubles.frames import event, state
from doubles.line import Line
from doubles.started import Started

from relay_actors.call.actions import CollectAction
from relay_actors.errors import RelayError
from relay_actors.session.replies import LoginRefused, read_login, read_reply
from relay_actors.session.state import Credentials, Session
from relay_actors.wire.builders import parallel, phone, serial
from relay_actors.wire.checks import check_message
from relay_actors.wire.events import EVENT_CLASSES, DialEvent, make_event, parse_event
from relay_actors.wire.frames import FrameParams, decode_frame
from relay_runtime.settings.endpoint import parse_host

A, B = phone("+15550100001"), phone("+15550100002")


@pytest.fixture
def line(started: Started) -> Line[Any]:
    return Line(started)


def reply(**result: Any) -> Any:
    return decode_frame(msgspec.json.encode({"jsonrpc": "2.0", "id": "1", "result": result}))


def ends(line: Line[Any], action: Any, event_type: str, **body: Any) -> bool:
    """Whether an event of an action ends it."""
    assert not action.is_done
    line.gets(event(event_type, call_id="c1", control_id=action.control_id, **body))
    return bool(action.is_done)


def test_row_1_the_url_has_no_path() -> None:
    assert parse_host("example.signalwire.com").url == "wss://example.signalwire.com"


def test_row_2_the_version_is_2_0_0_since_contexts_change_at_run_time() -> None:
    params = Session().connect_params(Credentials(project="p", token="t"), "agent")
    assert params["version"] == {"major": 2, "minor": 0, "revision": 0}


@pytest.mark.parametrize("failed", [{"error": {"code": -32002, "message": "no"}}, {"result": {"code": "401"}}])
def test_row_3_a_login_is_refused_in_either_shape(failed: dict[str, Any]) -> None:
    with pytest.raises(LoginRefused):
        read_login(decode_frame(msgspec.json.encode({"id": "1", **failed})))  # type: ignore[arg-type]


def test_row_9_the_outer_list_is_serial_and_the_inner_one_parallel() -> None:
    assert serial(A, B) == [[A], [B]]
    assert parallel(A, B) == [[A, B]]


def test_row_10_max_duration_is_in_seconds_and_sent_as_it_is(line: Line[Any]) -> None:
    line.call.answer(max_duration=90)
    assert line.board.wait_for("calling.answer")["max_duration"] == 90


@pytest.mark.parametrize("winner", ["true", True])
def test_row_11_the_winner_of_a_dial_is_a_text_or_a_flag(winner: Any) -> None:
    assert make_event("calling.call.state", {"dial_winner": winner}).dial_winner is True  # type: ignore[attr-defined]


@pytest.mark.parametrize("spelling", ["max_duration", "maxDuration"])
def test_row_12_either_spelling_of_an_end_reason_is_read(line: Line[Any], spelling: str) -> None:
    line.ends(spelling)
    assert line.call.end_reason == "maxDuration"


@pytest.mark.parametrize("first", ["created", "ringing"])
def test_row_13_an_offer_begins_as_created_or_ringing(started: Started, first: str) -> None:
    line: Line[Any] = Line(started, state=first)
    assert line.call.state == first
    line.gets(state("answered"))
    assert line.call.state == "answered"


@pytest.mark.parametrize(("told", "over"), [("finished", True), ("no_input", True), ("error", True), ("paused", False)])
def test_row_14_a_recording_ends_in_three_ways(line: Line[Any], told: str, over: bool) -> None:
    assert ends(line, line.call.record(), "calling.call.record", state=told) is over


@pytest.mark.parametrize(
    ("body", "over"),
    [
        ({"fax": {"type": "finished", "params": {"success": True}}}, True),
        ({"fax": {"type": "error", "params": {}}}, True),
        ({"state": "finished"}, True),
        ({"state": "error"}, True),
        ({"fax": {"type": "page", "params": {"number": 1}}}, False),
    ],
)
@pytest.mark.parametrize("verb", ["send_fax", "receive_fax"])
def test_row_15_a_fax_ends_in_either_place(line: Line[Any], verb: str, body: dict[str, Any], over: bool) -> None:
    action = line.call.send_fax("https://example.com/a.pdf") if verb == "send_fax" else line.call.receive_fax()
    assert ends(line, action, "calling.call.fax", **body) is over


@pytest.mark.parametrize(
    ("body", "over"),
    [
        ({"result": "success"}, True),
        ({"result": "too-many-failed-attempts"}, True),
        ({"state": "finished"}, True),
        ({"for": "payment-card-number"}, False),
    ],
)
def test_row_16_a_payment_ends_in_either_field(line: Line[Any], body: dict[str, Any], over: bool) -> None:
    assert ends(line, line.call.pay("https://example.com/pay"), "calling.call.pay", **body) is over


@pytest.mark.parametrize(
    "body",
    [{"detect": {"type": "machine", "params": {"event": "finished"}}}, {"state": "finished"}, {"state": "error"}],
)
def test_row_17_a_detector_ends_in_either_place(line: Line[Any], body: dict[str, Any]) -> None:
    action = line.call.detect_answering_machine()
    assert ends(line, action, "calling.call.detect", **body)
    assert action.stop() == {}  # it is over: nothing is sent


@pytest.mark.parametrize(
    ("body", "over"),
    [
        ({"result": {"type": "digit", "params": {"digits": "1"}}}, True),
        ({"result": {"type": "digit"}, "state": "collecting"}, True),
        ({"result": {"type": "no_input"}}, True),
        ({"result": {"type": "no_match"}}, True),
        ({"state": "finished"}, True),
        ({"state": "error"}, True),
        ({"result": {"type": "start_of_input"}, "state": "collecting"}, False),
        ({"result": {"type": "speech"}, "final": False}, False),
        ({"state": "collecting"}, False),
    ],
)
@pytest.mark.parametrize("verb", ["collect", "prompt"])
def test_row_18_a_collection_ends_by_the_type_of_its_result_first(
    line: Line[Any], verb: str, body: dict[str, Any], over: bool
) -> None:
    digits = {"max": 1}
    action = line.call.collect(digits=digits) if verb == "collect" else line.call.prompt_tts("?", {"digits": digits})
    assert ends(line, action, "calling.call.collect", **body) is over


@pytest.mark.parametrize("result", [{"type": "digit", "params": {"digits": "7"}}, {"type": "digit", "digits": "7"}])
def test_row_19_digits_are_read_in_params_or_beside_the_type(result: dict[str, Any]) -> None:
    assert make_event("calling.call.collect", {"result": result}).digits == "7"  # type: ignore[attr-defined]


@pytest.mark.parametrize(("given", "sent"), [({}, False), ({"start_input_timers": True}, True)])
def test_row_20_start_input_timers_is_always_sent(line: Line[Any], given: dict[str, Any], sent: bool) -> None:
    line.call.collect(digits={"max": 1}, **given)
    assert line.board.wait_for("calling.collect")["start_input_timers"] is sent


def test_row_21_a_prompt_cannot_be_paused() -> None:
    assert not hasattr(CollectAction, "pause")
    assert not hasattr(CollectAction, "resume")


@pytest.mark.parametrize("verb", ["hold", "unhold"])
def test_row_22_hold_is_offered_and_its_refusal_leaves_the_call_as_it_is(line: Line[Any], verb: str) -> None:
    line.board.answers[f"calling.{verb}"] = RelayError(400, "not implemented")
    with pytest.raises(RelayError, match="not implemented"):
        getattr(line.call, verb)()
    line.gets(state("answered"))
    assert not line.call.is_ended


def test_row_23_a_recordings_file_is_read_at_the_top_then_inside(line: Line[Any]) -> None:
    action = line.call.record()
    assert ends(line, action, "calling.call.record", state="finished", record={"url": "inside"})
    assert action.url == "inside"


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("inbound", "inbound_track"),
        ("outbound", "outbound_track"),
        ("both", "both_tracks"),
        ("both_tracks", "both_tracks"),
    ],
)
def test_row_24_a_track_is_sent_in_its_long_form(line: Line[Any], given: str, sent: str) -> None:
    line.call.stream("wss://example.com/s", track=given)
    assert line.board.wait_for("calling.stream")["track"] == sent


def test_row_25_pauses_among_digits_are_sent_as_they_are(line: Line[Any]) -> None:
    line.call.send_digits("1w2W3*#aD")
    assert line.board.wait_for("calling.send_digits")["digits"] == "1w2W3*#aD"
    with pytest.raises(ValueError, match="digits is malformed; accepted is digits of 0-9"):
        line.call.send_digits("1 2")


@pytest.mark.parametrize(("given", "sent"), [({}, "all"), ({"realm": "menu"}, "menu")])
def test_row_26_bindings_of_every_realm_are_cleared_unless_one_is_named(
    line: Line[Any], given: dict[str, Any], sent: str
) -> None:
    line.call.clear_digit_bindings(**given)
    assert line.board.wait_for("calling.clear_digit_bindings")["realm"] == sent


@pytest.mark.parametrize("key", ["to", "uri"])
def test_row_27_the_target_of_a_refer_is_sent_as_to(line: Line[Any], key: str) -> None:
    line.call.refer({"type": "sip", "params": {key: "sip:b@example.com", "username": "u"}})
    params = {"to": "sip:b@example.com", "username": "u"}
    assert line.board.wait_for("calling.refer")["device"] == {"type": "sip", "params": params}
    with pytest.raises(ValueError, match=r"device\.params\.to is missing"):
        line.call.refer({"type": "sip", "params": {}})


@pytest.mark.parametrize("dest", ["https://example.com/swml", "context:office", "version: 1.0.0", {"version": "1.0.0"}])
def test_row_28_a_transfer_goes_to_a_url_a_context_or_swml(line: Line[Any], dest: Any) -> None:
    line.call.transfer(dest)
    assert line.board.wait_for("calling.transfer")["dest"] == dest


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"start": {"lang": "en-US"}}, {"start": {"lang": "en-US"}}),
        ({"action": "start", "lang": "en-US"}, {"start": {"lang": "en-US"}}),
        ({"action": "stop"}, {"stop": {}}),
        ("stop", "stop"),
        ("summarize", "summarize"),
    ],
)
@pytest.mark.parametrize("verb", ["live_transcribe", "live_translate"])
def test_row_29_live_speech_is_told_in_the_nested_form(line: Line[Any], verb: str, given: Any, sent: Any) -> None:
    getattr(line.call, verb)(given)
    assert line.board.wait_for(f"calling.{verb}")["action"] == sent


def test_row_30_an_event_of_the_application_is_an_object(line: Line[Any]) -> None:
    line.call.user_event(event={"kind": "note"}, beside=1)
    line.call.user_event(event="order_placed", order_id="12345")
    first, second = line.board.params("calling.user_event")
    assert (first["event"], first["beside"]) == ({"kind": "note"}, 1)
    assert (second["event"], "order_id" in second) == ({"event": "order_placed", "order_id": "12345"}, False)
    with pytest.raises(ValueError, match="event is missing"):
        line.call.user_event()


@pytest.mark.parametrize("given", ["visa mastercard", "visa,mastercard", "visa, mastercard", ["visa", "mastercard"]])
def test_row_31_card_types_are_divided_by_spaces(line: Line[Any], given: Any) -> None:
    line.call.pay("https://example.com/pay", valid_card_types=given)
    assert line.board.wait_for("calling.pay")["valid_card_types"] == "visa mastercard"


def test_row_32_a_payment_is_made_by_dtmf(line: Line[Any]) -> None:
    line.call.pay("https://example.com/pay")
    line.call.pay("https://example.com/pay", input_method="dtmf")
    first, second = line.board.params("calling.pay")
    assert ("input" in first, second["input"]) == (False, "dtmf")
    with pytest.raises(ValueError, match="input_method is 'speech'; accepted is one of dtmf, voice"):
        line.call.pay("https://example.com/pay", input_method="speech")


def test_row_33_a_queue_event_is_known_by_either_name() -> None:
    names = ("calling.call.queue", "calling.queue")
    assert {type(make_event(name, {})) for name in names} == {EVENT_CLASSES["calling.call.queue"]}


def test_row_34_an_offer_has_one_name() -> None:
    assert "calling.call.receive" in EVENT_CLASSES
    assert "calling.call.received" not in EVENT_CLASSES


@pytest.mark.parametrize("status", ["joined", "joining", "join", "leave", "locked"])
def test_row_35_room_states_pass_through(status: str) -> None:
    assert make_event("calling.call.room", {"join_status": status}).join_status == status  # type: ignore[attr-defined]


@pytest.mark.parametrize("body", [{}, {"error": "x"}, {"fatal": True}, {"code": "1"}, {"message": "x"}])
def test_row_36_every_field_of_an_error_may_be_absent(body: dict[str, Any]) -> None:
    error: Any = make_event("calling.error", body)
    assert (error.fatal, error.code) == (body.get("fatal"), body.get("code", ""))
    assert error.message == body.get("message", body.get("error", ""))


def test_row_37_the_time_of_an_event_is_its_envelopes() -> None:
    happened = make_event("calling.call.play", {"timestamp": 1.0}, timestamp=1760000000.5)
    assert happened.timestamp == 1760000000.5


def test_row_38_a_message_has_a_tag_and_tags_if_they_are_given() -> None:
    text = {"to_number": "+15550100002", "from_number": "+15550100001", "body": "hi"}
    assert check_message({**text, "tag": "order-7", "tags": ["vip"]})["tag"] == "order-7"


@pytest.mark.parametrize("code", ["200", 200, "202", 299])
def test_row_40_a_code_is_a_text_or_a_number_and_2xx_is_success(code: Any) -> None:
    assert read_reply(reply(code=code)) == {"code": code}
    assert isinstance(read_reply(reply(code=str(code).replace("2", "4", 1))), RelayError)


def test_row_41_the_words_of_a_success_are_never_compared(line: Line[Any]) -> None:
    line.board.answers["calling.answer"] = {"code": "200", "message": "quite another text"}
    assert line.call.answer()["message"] == "quite another text"


def test_row_42_the_channel_of_an_event_is_ignored() -> None:
    frame: Any = decode_frame(
        b'{"id":"e","method":"signalwire.event","params":{"event_type":"calling.call.play","event_channel":7,"params":{}}}'
    )
    assert parse_event(frame.params).event_type == "calling.call.play"


def test_row_43_a_jwt_stands_alone() -> None:
    credentials = Credentials(project="p", token="t", jwt_token="j")
    assert credentials.authentication() == {"jwt_token": "j"}


@pytest.mark.parametrize("given", [{}, {"prompt": "go on"}])
def test_row_44_the_prompt_of_ai_unhold_is_optional(line: Line[Any], given: dict[str, Any]) -> None:
    line.call.ai_unhold(**given)
    sent = line.board.wait_for("calling.ai_unhold")
    assert {key: value for key, value in sent.items() if key not in {"node_id", "call_id"}} == given


@pytest.mark.parametrize("body", [{}, {"call": {}}, {"call": None}])
def test_row_45_a_dial_without_a_winner_has_no_call(body: dict[str, Any]) -> None:
    dial = parse_event(
        FrameParams(event_type="calling.call.dial", params=msgspec.Raw(msgspec.json.encode({"tag": "t", **body})))
    )
    assert isinstance(dial, DialEvent)
    assert dial.call == {}
