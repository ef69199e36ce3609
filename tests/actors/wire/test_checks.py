"""Checks of what a caller hands in."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.odd_values import Loud, Word

from relay_actors.wire.checks import (
    check_contexts,
    check_devices,
    check_event_type,
    check_media,
    check_message,
    check_method,
    check_params,
)

PHONE = {"type": "phone", "params": {"to_number": "+15550100002"}}
TEXT = {"to_number": "+15550100002", "from_number": "+15550100001", "body": "hi"}


def test_params_come_back_as_they_are() -> None:
    params = {"volume": 3, "play": [{"type": "tts", "params": {"text": "hi"}}], "unknown": {"a": 1}}
    assert check_params("calling.play", params) is params


def test_a_method_that_the_table_does_not_have_takes_anything() -> None:
    assert check_params("calling.tomorrow", {"x": 1}) == {"x": 1}


@pytest.mark.parametrize("volume", [-40.5, 41])
def test_a_volume_out_of_range_is_refused(volume: float) -> None:
    with pytest.raises(ValueError, match=r"^volume is .*; accepted is a number from -40 to 40 \(dB\)$"):
        check_params("calling.play", {"volume": volume, "play": [{"type": "tts", "params": {"text": "hi"}}]})


@pytest.mark.parametrize(
    ("devices", "said"),
    [
        ([], "devices is empty; accepted is a list of groups"),
        ([[]], r"devices\[0\] is empty; accepted is a list of groups"),
        ([PHONE], r"devices\[0\] is dict; accepted is a list of groups"),
        (PHONE, "devices is dict; accepted is a list of groups"),
        ([["+15550100002"]], r"devices\[0\]\[0\] is str; accepted is a device"),
        ([[{"type": "phone", "params": {"to_number": "5550100002"}}]], r"to_number is malformed; .* E\.164"),
        ([[PHONE], [{"type": "phone", "params": {}}]], r"devices\[1\]\[0\]\.params\.to_number is missing"),
        ([[{"type": "sip", "params": {}}]], r"devices\[0\]\[0\]\.params\.to is missing"),
        ([[{"type": "phone", "params": {**PHONE["params"], "timeout": -1}}]], "timeout is -1"),
    ],
)
def test_devices_that_nobody_could_dial_are_refused_with_their_place(devices: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        check_devices(devices)


def test_no_refusal_repeats_a_number() -> None:
    with pytest.raises(ValueError) as caught:
        check_devices([[{"type": "phone", "params": {"to_number": "5559871234"}}]])
    assert "5559871234" not in str(caught.value)


def test_devices_come_back_as_lists_of_lists() -> None:
    assert check_devices(((PHONE,), [PHONE])) == [[PHONE], [PHONE]]


@pytest.mark.parametrize("name", ["X-SignalWire-Id", "x-cid-number"])
def test_headers_that_the_server_keeps_for_itself_are_refused(name: str) -> None:
    device = {"type": "sip", "params": {"to": "sip:a@b", "headers": [{"name": name, "value": "1"}]}}
    with pytest.raises(ValueError, match="does not begin with X-SignalWire or X-CID"):
        check_devices([[device]])


@pytest.mark.parametrize("value", ["a\r\nb", "a\n"])
def test_a_header_with_a_line_break_is_refused(value: str) -> None:
    device = {"type": "sip", "params": {"to": "sip:a@b", "headers": [{"name": "X-Mine", "value": value}]}}
    with pytest.raises(ValueError, match="without line breaks"):
        check_devices([[device]])


@pytest.mark.parametrize(
    ("media", "said"),
    [
        ([], "media is empty"),
        ("hello", "media is str"),
        ([{"type": "tts", "params": {"text": ""}}], r"media\[0\]\.params\.text is malformed"),
        ([{"type": "silence", "params": {"duration": 0}}], "duration is 0; accepted is a number of seconds above 0"),
        ([{"type": "audio", "params": {}}], r"media\[0\]\.params\.url is missing"),
        ([{"params": {}}], r"media\[0\]\.type is missing"),
    ],
)
def test_media_that_nobody_could_hear_are_refused_with_their_place(media: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        check_media(media)


def test_a_message_needs_something_to_say() -> None:
    assert check_message(dict(TEXT)) == TEXT
    assert check_message({**TEXT, "body": "", "media": ["https://example.com/a.png"]})
    for empty in ({"body": ""}, {"body": None, "media": []}):
        with pytest.raises(ValueError, match="body"):
            check_message({**TEXT, **empty})


def test_a_message_has_up_to_eight_media() -> None:
    check_message({**TEXT, "media": ["https://example.com/a.png"] * 8})
    with pytest.raises(ValueError, match="media has 9 items; accepted is a list of up to 8 URLs"):
        check_message({**TEXT, "media": ["https://example.com/a.png"] * 9})


@pytest.mark.parametrize("field", ["to_number", "from_number"])
def test_a_message_goes_from_number_to_number_and_either_may_be_a_short_code(field: str) -> None:
    assert check_message({**TEXT, field: "12345"})
    with pytest.raises(ValueError, match=rf'{field} is malformed; .*client\.execute\("messaging\.send"'):
        check_message({**TEXT, field: "5550100001"})


def test_a_name_sends_an_sms_and_gets_nothing() -> None:
    assert check_message({**TEXT, "from_number": "MyShop"})
    assert check_message({**TEXT, "from_number": "MyShop", "media": [], "send_as_mms": False})
    with pytest.raises(ValueError, match="to_number is malformed"):
        check_message({**TEXT, "to_number": "MyShop"})


@pytest.mark.parametrize("mms", [{"media": ["https://example.com/a.png"]}, {"send_as_mms": True}])
def test_a_name_sends_no_mms(mms: dict[str, Any]) -> None:
    assert check_message({**TEXT, **mms, "from_number": "12345"})
    with pytest.raises(ValueError, match="from_number is a name, which carriers take for an SMS alone"):
        check_message({**TEXT, **mms, "from_number": "MyShop"})


def test_what_comes_back_is_of_plain_types_and_what_was_handed_in_is_left_alone() -> None:
    given = {"to_number": Loud("+15550100002"), "from_number": "+15550100001", "body": Word.HELLO, "tags": (Loud("a"),)}
    found = check_message(given)
    assert found == {**TEXT, "body": "hello", "tags": ["a"]}
    assert {type(found[name]) for name in ("to_number", "body")} == {str}
    assert type(given["body"]) is Word
    assert type(check_devices([[{"type": "phone", "params": {"to_number": Loud("+15550100002")}}]])) is list


@pytest.mark.parametrize(
    "check",
    [check_event_type, check_method, lambda text: check_contexts([text])[0]],
    ids=["event", "method", "context"],
)
def test_a_name_is_a_plain_text(check: Any) -> None:
    assert type(check(Loud("calling.call.play"))) is str


@pytest.mark.parametrize(
    "context", ["office\n", " office", "office ", "of\tfice", "of\x00fice", "office\u200b", "\ud83d"]
)
def test_a_context_with_what_nobody_sees_is_refused(context: str) -> None:
    with pytest.raises(ValueError, match="line break, a control character or spaces around it: '"):
        check_contexts([context])
    assert check_contexts(["front office", "büro"]) == ("front office", "büro")


@pytest.mark.parametrize("contexts", ["office", ["office", ""], [1], {"office": 1}, None])
def test_contexts_are_a_list_of_names(contexts: Any) -> None:
    with pytest.raises(ValueError, match="contexts"):
        check_contexts(contexts)


def test_a_context_counts_once() -> None:
    assert check_contexts(["b", "a", "b"]) == ("b", "a")


@pytest.mark.parametrize("known", ["calling.call.play", "*", "calling.call.later", "queuing.relay.tasks"])
def test_a_type_of_events_may_be_one_that_is_not_known_here(known: str) -> None:
    assert check_event_type(known) == known


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("calling.call.plya", "calling.call.play"),
        ("call.play", "calling.call.play"),
        ("play", "calling.call.play"),
        ("CALLING.CALL.STATE", "calling.call.state"),
        ("answered", "calling.call.state"),
    ],
)
def test_a_type_that_was_meant_is_named(word: str, meant: str) -> None:
    with pytest.raises(ValueError, match=f"event_type is '{word}'; did you mean '{meant}'"):
        check_event_type(word)


@pytest.mark.parametrize("word", ["something", "", None, 5])
def test_what_is_no_type_of_events_is_refused(word: Any) -> None:
    with pytest.raises(ValueError, match="event_type is .*; accepted is a"):
        check_event_type(word)


def test_a_type_of_media_that_was_meant_is_refused_and_one_that_is_not_known_passes() -> None:
    with pytest.raises(ValueError, match=r"type is 'ttts'; known are .*tts"):
        check_media([{"type": "ttts", "params": {"text": "Hello."}}])
    assert check_media([{"type": "hologram", "params": {}}])
