"""Frames of a call without what is private."""

from __future__ import annotations

import copy
import re
from typing import Any

import msgspec
import pytest
from protocol_data import DATA

from relay_runtime.recording.call_mask import CallMask
from relay_runtime.settings.kinds import MASK
from relay_runtime.watch.masking import Masker

CALL = "c0ffee00-1111-2222-3333-444444444444"
NUMBER, OTHER = "+15550100001", "+15550100002"
EXAMPLES = [event["example"] for event in DATA["events"].values()]
SPOKEN = "My name is Alice Liddell"


def sent(mask: CallMask, method: str, **params: Any) -> dict[str, Any]:
    frame = {"jsonrpc": "2.0", "id": CALL, "method": method, "params": {"call_id": CALL, **params}}
    masked = mask("out", frame)["params"]
    return {key: value for key, value in masked.items() if key != "call_id"}


def heard(mask: CallMask, kind: str, **body: Any) -> dict[str, Any]:
    params = {"event_type": kind, "timestamp": 1.5, "project_id": "secret", "params": {"call_id": CALL, **body}}
    frame = {"jsonrpc": "2.0", "id": CALL, "method": "signalwire.event", "params": params}
    masked = mask("in", frame)["params"]
    assert masked["project_id"] == MASK
    return {key: value for key, value in masked["params"].items() if key != "call_id"}


def say(text: str) -> list[dict[str, Any]]:
    return [{"type": "tts", "params": {"text": text, "language": "en-US", "voice": "gcloud.en-US-Neural2-A"}}]


def test_a_number_is_the_same_token_all_through_whatever_it_looks_like() -> None:
    mask = CallMask()
    device = {"type": "phone", "params": {"from_number": NUMBER, "to_number": OTHER}}
    assert heard(mask, "calling.call.receive", device=device, context="office") == {
        "device": {"type": "phone", "params": {"from_number": "<number-1>", "to_number": "<number-2>"}},
        "context": "office",
    }
    targets = [{"type": "sip", "params": {"to": "sip:+15550100001@example.com;user=phone", "from": "1 (555) 010-0002"}}]
    masked = sent(mask, "calling.connect", devices=[targets])["devices"][0][0]
    assert masked == {"type": "sip", "params": {"to": "<number-1>", "from": "<number-2>"}}


def test_words_become_tokens_with_their_length_and_the_protocols_own_words_stay() -> None:
    mask = CallMask()
    assert sent(mask, "calling.play", play=say(SPOKEN), volume=-3.5, loop=2)["play"] == [
        {
            "type": "tts",
            "params": {"text": "<words-1:24>", "language": "en-US", "voice": "gcloud.en-US-Neural2-A"},
        }
    ]
    result = {"type": "speech", "params": {"text": SPOKEN, "confidence": 87.5}}
    assert heard(mask, "calling.call.collect", result=result)["result"]["params"] == {
        "text": "<words-1:24>",
        "confidence": 87.5,
    }
    assert mask.replaced == {"speech"}


def test_other_words_of_a_server_change_no_token_of_what_is_sent() -> None:
    def play(*words_of_server: str) -> Any:
        mask = CallMask()
        for words in words_of_server:
            mask("in", {"id": CALL, "result": {"code": "200", "message": words}})
        return sent(mask, "calling.play", play=say("Hello"))

    assert play() == play("Playing") == play("Answered", "Playing", "All is well")


def test_pressed_keys_are_kept_unless_they_are_to_be_masked() -> None:
    result = {"type": "digit", "params": {"digits": "1234", "terminator": "#"}}
    mask = CallMask()
    assert heard(mask, "calling.call.collect", result=result) == {"result": result}
    assert sent(mask, "calling.send_digits", digits="w12") == {"digits": "w12"}
    assert mask.replaced == set()
    mask = CallMask(mask_digits=True)
    masked = heard(mask, "calling.call.collect", result=result)["result"]["params"]
    assert masked == {"digits": "<digits-1:4>", "terminator": "<digits-2:1>"}
    assert sent(mask, "calling.collect", digits={"max": 4, "terminators": "#"}) == {
        "digits": {"max": 4, "terminators": "#"}
    }
    assert mask.replaced == {"digits"}


def test_a_digit_that_a_detector_heard_is_a_pressed_key_and_its_other_words_are_kept() -> None:
    mask = CallMask(mask_digits=True)
    found = [
        heard(mask, "calling.call.detect", detect={"type": kind, "params": {"event": event}})["detect"]["params"][
            "event"
        ]
        for kind, event in (("digit", "5"), ("digit", "finished"), ("machine", "HUMAN"))
    ]
    assert found == ["<digits-1:1>", "finished", "HUMAN"]


def test_nothing_of_a_card_is_kept_whatever_else_is() -> None:
    mask = CallMask(keep_words=True)
    masked = heard(
        mask,
        "calling.call.pay",
        result="success",
        payment_card_number="xxxx-1111",
        payment_card_type="visa",
        payment_card_postal_code="12345",
        payment_token="tok_1",
    )
    assert masked == {
        "result": "success",
        "payment_card_number": MASK,
        "payment_card_type": MASK,
        "payment_card_postal_code": MASK,
        "payment_token": MASK,
    }
    masked = sent(mask, "calling.pay", postal_code="12345", security_code="999", charge_amount="4.50", input="dtmf")
    assert masked == {"postal_code": MASK, "security_code": MASK, "charge_amount": "4.50", "input": "dtmf"}
    assert mask.replaced == {"payment"}


def test_what_an_app_makes_up_is_masked_with_its_keys_and_keeps_its_shape() -> None:
    event = {"Alice": {"age": 41, "vip": True, "notes": ["likes tea", None]}}
    assert sent(CallMask(), "calling.user_event", event=event) == {
        "event": {
            "<words-1:5>": {"<words-2:3>": "<words-3:2>", "<words-4:3>": True, "<words-5:5>": ["<words-6:9>", None]}
        }
    }
    assert sent(CallMask(), "calling.play", play=[], note="Alice") == {"play": [], "<words-1:4>": "<words-2:5>"}


def test_the_same_words_stay_when_they_are_to_be_kept_but_for_numbers_and_secrets() -> None:
    mask = CallMask(keep_words=True, masker=Masker(("PT-secret",)))
    text = "Call +1 555 010-0001, or sip:alice@example.com; it is PT-secret; card 4111111111111111; at 12:30, 5 people"
    assert sent(mask, "calling.play", play=say(text))["play"][0]["params"]["text"] == (
        f"Call <number-1>, or <number-2>; it is {MASK}; card <number-3>; at 12:30, 5 people"
    )
    event = {"caller_number": "5551", "id": 15550100001, "Alice": "x", "password": "y", "+15550100001": 1, "age": 41}
    assert sent(mask, "calling.user_event", event=event)["event"] == {
        "caller_number": "<number-4>",
        "id": "<number-1>",
        "Alice": "x",
        "password": MASK,
        "<number-1>": 1,
        "age": 41,
    }


@pytest.mark.parametrize(
    ("key", "url", "shown"),
    [
        ("url", "https://example.com/a.mp3", "https://example.com/a.mp3"),
        ("url", "https://u:p@example.com/a.mp3?sig=x#t", f"https://{MASK}@example.com/a.mp3?<words-1:5>#<words-2:1>"),
        ("url", f"https://example.com/{NUMBER}/15550100001.wav", "https://example.com/<number-1>/<number-1>.wav"),
        ("url", "Alice's greeting", "<words-1:16>"),
        ("status_url", "https://example.com/hooks/T0/B0", "https://example.com/<words-1:11>"),
    ],
)
def test_of_a_url_what_may_hold_a_secret_is_masked(key: str, url: str, shown: str) -> None:
    assert sent(CallMask(), "calling.transcribe", **{key: url}) == {key: shown}


def test_ids_that_were_made_up_are_kept_and_chosen_ones_are_words() -> None:
    mask = CallMask()
    assert sent(mask, "calling.play", control_id=CALL, node_id="n-1@eu", tag="Alice") == {
        "control_id": CALL,
        "node_id": "n-1@eu",
        "tag": "<words-1:5>",
    }
    assert sent(mask, "calling.play", control_id="15550100001", node_id="15550100001") == {
        "control_id": "<words-2:11>",
        "node_id": "<number-1>",
    }
    assert mask("in", {"id": "Alice", "error": {"code": -32602, "message": "Alice", "data": {"Bob": 1}}}) == {
        "id": "<words-1:5>",
        "error": {"code": -32602, "message": "<words-1:5>", "data": {"<heard-1:3>": "<heard-2:1>"}},
    }


def test_the_params_of_a_bound_method_are_masked_as_its_own() -> None:
    masked = sent(CallMask(), "calling.bind_digit", digits="5", bind_method="calling.play", params={"play": say("Hi")})
    assert masked["digits"] == "5"
    assert masked["params"]["play"][0]["params"]["text"] == "<words-1:2>"
    masked = sent(CallMask(), "calling.bind_digit", digits="5", bind_method="calling.pay", params={"postal_code": "1"})
    assert masked["params"] == {"postal_code": MASK}


def test_what_is_masked_once_more_stays_as_it_is() -> None:
    mask, again = CallMask(), CallMask()
    device = {"type": "phone", "params": {"from_number": NUMBER, "to_number": OTHER}}
    first = heard(mask, "calling.call.receive", device=device, note="Alice")
    assert heard(again, "calling.call.receive", **first) == first
    second = sent(mask, "calling.play", play=say("Hello"), tag="t")
    assert sent(again, "calling.play", **second) == second


def test_the_same_frames_are_masked_alike_by_every_mask_and_stay_as_they_are() -> None:
    frames = [{"id": "1", "method": "signalwire.event", "params": each} for each in EXAMPLES]
    before = copy.deepcopy(frames)
    masks = CallMask(), CallMask()
    first, second = ([mask("in", frame) for frame in frames] for mask in masks)
    assert first == second
    assert frames == before


def test_no_text_of_an_example_of_the_protocol_is_kept_that_is_not_a_word_of_its_own() -> None:
    private = ("+1555", "15550", "PROJECT", "SPACE", "alice", "Hello", "555")
    for example in EXAMPLES:
        written = msgspec.json.encode(CallMask()("in", {"id": "1", "method": "signalwire.event", "params": example}))
        for text in private:
            assert text.encode() not in written.replace(b"5e6a7b8c-1d2e-4f30", b""), (text, written)


@pytest.mark.parametrize("text", ["sip:" * 50_000, "1 " * 50_000, "+(" * 50_000, "(1" * 50_000, "https://" * 25_000])
@pytest.mark.slow
def test_a_text_of_whatever_shape_is_masked_in_a_time_that_it_is_long(text: str) -> None:
    mask = CallMask(keep_words=True)
    assert isinstance(sent(mask, "calling.play", play=say(text), status_url=text, to=text)["to"], str)


ODD: list[Any] = [
    None,
    True,
    5,
    1.5,
    "x",
    [],
    {},
    [[{}]],
    {"params": {"params": 5}},
    {"event_type": 5},
    {"event_type": "a"},
]


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_frames_of_odd_shapes_are_masked_too(odd: Any) -> None:
    for frame in (
        {"params": odd},
        {"method": odd, "params": {"play": odd, "digits": odd, "url": odd}},
        {"result": odd},
    ):
        assert isinstance(CallMask()("in", frame), dict)
        assert isinstance(CallMask()("in", {"params": {"event_type": "calling.call.pay", "params": odd}}), dict)


def test_a_frame_that_is_nested_too_deeply_is_refused() -> None:
    deep: Any = "x"
    for _ in range(3000):
        deep = [deep]
    with pytest.raises(RecursionError):
        CallMask()("in", {"params": {"event": deep}})


@pytest.mark.parametrize(
    "text",
    [
        "nr15551234567", "call_15551234567", "15551234567th", "555 - 123 - 4567", "555,123,4567", "+1/555/123/4567",
        "5, 5, 5, 1, 2, 3, 4, 5, 6, 7", "555\xa0123\xa04567", "555\u2011123\u20134567", "DE89370400440532013000",
        "1" * 30, "%2B15551234567", "++15551234567", "+1.555.123.4567ext",
    ],
)  # fmt: skip
def test_kept_words_show_no_number_however_it_is_written(text: str) -> None:
    mask = CallMask(keep_words=True)
    frame = {"method": "calling.play", "params": {"play": [{"type": "tts", "params": {"text": f"Call {text} now"}}]}}
    shown = mask("out", frame)["params"]["play"][0]["params"]["text"]
    assert not re.search(r"\d{4}", re.sub(r"<number-\d+>", "", shown)), shown


@pytest.mark.parametrize("url", ["https://u:pw@h/x", "rtmps://u:pw@h/live", " https://u:pw@h/a", "ftp://u:pw@h/a"])
def test_kept_words_show_no_password_of_a_url(url: str) -> None:
    mask = CallMask(keep_words=True)
    for params in (
        {"dest": url},
        {"url": url},
        {"play": [{"type": "audio", "params": {"url": url}}]},
        {"play": [{"type": "tts", "params": {"text": f"Look at {url} now"}}]},
    ):
        assert "pw" not in str(mask("out", {"method": "calling.play", "params": params}))


@pytest.mark.parametrize("word", ["line-15551234567", "tel:+15551234567", "555-123-4567", "john-15551234567"])
def test_words_of_the_protocol_and_paths_show_no_number(word: str) -> None:
    frame = {
        "method": "calling.play",
        "params": {"context": word, "play": [{"type": "audio", "params": {"url": f"https://e.com/{word}.mp3"}}]},
    }
    shown = str(CallMask()("out", frame))
    assert "4567" not in shown, shown


def test_ids_that_were_made_up_stay_as_they_are() -> None:
    made = "12345678-1234-4234-8234-123456789012"
    assert made in str(CallMask()("out", {"method": "calling.play", "params": {"control_id": made, "call_id": made}}))
