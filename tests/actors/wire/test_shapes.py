"""The objects that requests are made of: what each needs, and what passes."""

from __future__ import annotations

from typing import Any

import pytest

from relay_actors.wire import shapes
from relay_actors.wire.rules import Rule

PHONE = {"type": "phone", "params": {"to_number": "+15550100002"}}
LEG = {"type": "call", "params": {"node_id": "n", "call_id": "c"}}
START = {"lang": "en-US", "direction": ["remote-caller"]}


def complaint(rule: Rule, value: Any) -> str:
    with pytest.raises(ValueError) as caught:
        rule.check("it", value)
    return str(caught.value)


def test_a_dial_reaches_fewer_kinds_of_devices_than_a_bridge() -> None:
    shapes.CONNECT_DEVICES.check("devices", [[LEG], [PHONE]])
    assert "params.node_id is missing" in complaint(shapes.CONNECT_DEVICES, [[{"type": "call", "params": {}}]])
    # A type that the rule does not know passes: the server may know more than this runtime.
    shapes.DIAL_DEVICES.check("devices", [[{"type": "call", "params": {}}]])


@pytest.mark.parametrize("kind", ["phone", "sip", "fabric"])
def test_a_device_needs_somebody_to_call(kind: str) -> None:
    assert "is missing" in complaint(shapes.DIAL_DEVICES, [[{"type": kind, "params": {}}]])


def test_a_confirmation_is_swml_as_a_text_or_a_list() -> None:
    for confirm in ("https://example.com/swml", [{"answer": {}}]):
        shapes.DIAL_DEVICES.check("devices", [[{"type": "phone", "params": {**PHONE["params"], "confirm": confirm}}]])  # type: ignore[dict-item]
    assert "accepted is SWML" in complaint(
        shapes.DIAL_DEVICES,
        [[{"type": "phone", "params": {**PHONE["params"], "confirm": 7}}]],  # type: ignore[dict-item]
    )


def test_the_target_of_a_refer_is_a_sip_address() -> None:
    shapes.REFER_DEVICE.check("device", {"type": "sip", "params": {"to": "sip:bob@example.com"}})
    assert "params.to is missing" in complaint(shapes.REFER_DEVICE, {"type": "sip", "params": {}})


@pytest.mark.parametrize("digits", ["0123456789", "*#", "ABCD", "abcd", "1w2W3"])
def test_the_tones_of_a_keypad_and_pauses_may_be_sent(digits: str) -> None:
    shapes.DTMF.check("digits", digits)


@pytest.mark.parametrize("digits", ["", "1 2", "E", "1\n", "\uff11"])
def test_nothing_else_is_a_tone(digits: str) -> None:
    assert "digits of 0-9" in complaint(shapes.DTMF, digits)


def test_a_collection_needs_digits_or_speech() -> None:
    shapes.COLLECT.check("collect", {"digits": {"max": 1}})
    shapes.COLLECT.check("collect", {"speech": {"hints": ["yes"]}})
    assert "needs at least one of digits, speech" in complaint(shapes.COLLECT, {"initial_timeout": 4})
    assert "max is 0" in complaint(shapes.COLLECT_DIGITS, {"max": 0})


def test_only_a_prompted_collection_has_a_least_number_of_digits() -> None:
    assert "min is -1" in complaint(shapes.PLAY_DIGITS, {"max": 1, "min": -1})
    assert "min" not in shapes.COLLECT_DIGITS.fields


def test_a_detector_is_one_of_machines_unless_it_says_otherwise_and_no_other_kind_is_known() -> None:
    shapes.DETECTOR.check("detect", {"params": {"machine_words_threshold": 6}})
    assert "machine_words_threshold is 0" in complaint(shapes.DETECTOR, {"params": {"machine_words_threshold": 0}})
    assert "known are machine, fax, digit" in complaint(shapes.DETECTOR, {"type": "robot", "params": {}})


@pytest.mark.parametrize(
    ("device", "said"),
    [
        ({"type": "rtp", "params": {"addr": "203.0.113.7"}}, "params.port is missing"),
        ({"type": "rtp", "params": {"addr": "203.0.113.7", "port": 65536}}, "port is 65536"),
        ({"type": "ws", "params": {}}, "params.uri is missing"),
        ({"type": "ws", "params": {"uri": "wss://e", "codec": "MP3"}}, "codec is 'MP3'"),
    ],
)
def test_a_tap_needs_somewhere_to_send_to(device: Any, said: str) -> None:
    assert said in complaint(shapes.TAP_DEVICE, device)


@pytest.mark.parametrize("rule", [shapes.LIVE_TRANSCRIBE, shapes.LIVE_TRANSLATE])
def test_live_speech_is_started_by_a_dict_and_stopped_by_a_word_or_a_dict(rule: Rule) -> None:
    for action in ({"start": START}, {"stop": {}}, "stop", "summarize"):
        rule.check("action", action)
    assert "start.direction" in complaint(rule, {"start": {**START, "direction": []}})
    assert "stop, summarize" in complaint(rule, "pause")


def test_words_can_be_put_into_a_translation_and_into_no_transcription() -> None:
    inject = {"inject": {"message": "hi", "direction": "remote-caller"}}
    shapes.LIVE_TRANSLATE.check("action", inject)
    assert "inject.message is malformed" in complaint(
        shapes.LIVE_TRANSLATE, {"inject": {"message": "", "direction": ""}}
    )


def test_a_prompt_of_a_payment_says_or_plays() -> None:
    actions = [{"type": "Say", "phrase": "Your card, please"}]
    shapes.PAY_PROMPTS.check("prompts", [{"for": "payment-card-number", "actions": actions}])
    wrong = [{"for": "payment-card-number", "actions": [{"type": "Shout", "phrase": "!"}]}]
    assert "type is 'Shout'" in complaint(shapes.PAY_PROMPTS, wrong)
