"""Builders of devices and media: the dicts that people write by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from doubles.line import Line
from doubles.odd_values import Loud
from doubles.started import Started

from relay_actors.wire.builders import audio, parallel, phone, ringtone, serial, silence, sip, tts

A, B, C = phone("+15550100001"), phone("+15550100002"), sip("sip:c@example.com")


@pytest.mark.parametrize(
    ("built", "by_hand"),
    [
        (phone("+15550100001"), {"type": "phone", "params": {"to_number": "+15550100001"}}),
        (
            phone("+15550100001", from_number="+15550100002", timeout=20, confirm_timeout=5),
            {
                "type": "phone",
                "params": {
                    "to_number": "+15550100001",
                    "from_number": "+15550100002",
                    "timeout": 20,
                    "confirm_timeout": 5,
                },
            },
        ),
        (
            sip("sip:a@b", from_="sip:c@d", timeout=9, codecs=["PCMU"]),
            {"type": "sip", "params": {"to": "sip:a@b", "from": "sip:c@d", "timeout": 9, "codecs": ["PCMU"]}},
        ),
        (tts("hi"), {"type": "tts", "params": {"text": "hi"}}),
        (
            tts("hi", language="en-GB", gender="male", voice="v"),
            {"type": "tts", "params": {"text": "hi", "language": "en-GB", "gender": "male", "voice": "v"}},
        ),
        (audio("https://example.com/a.mp3"), {"type": "audio", "params": {"url": "https://example.com/a.mp3"}}),
        (silence(1.5), {"type": "silence", "params": {"duration": 1.5}}),
        (ringtone("us"), {"type": "ringtone", "params": {"name": "us"}}),
        (ringtone("us", duration=2), {"type": "ringtone", "params": {"name": "us", "duration": 2}}),
        (serial(A, B), [[A], [B]]),
        (parallel(A, B), [[A, B]]),
        (serial(parallel(A, B), C), [[A, B], [C]]),
        (serial(C, parallel(A, B)), [[C], [A, B]]),
    ],
)
def test_a_builder_gives_what_people_write_by_hand(built: Any, by_hand: Any) -> None:
    assert built == by_hand


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: phone("5550100001"), r"^phone: to_number is malformed; accepted is a number in E\.164 form"),
        (lambda: phone("+15550100001", from_number="me"), "^phone: from_number is malformed"),
        (lambda: phone("+15550100001", timeout=-1), "^phone: timeout is -1; accepted is a whole number of seconds"),
        (lambda: sip(""), "^sip: to is malformed; accepted is a SIP address"),
        (lambda: sip("sip:a@b", encryption="maybe"), "^sip: encryption is 'maybe'; accepted is one of forbidden"),
        (lambda: tts(""), "^tts: text is malformed; accepted is a text to speak that is not empty"),
        (lambda: tts("hi", gender="other"), "^tts: gender is 'other'; accepted is one of male, female"),
        (lambda: audio(""), "^audio: url is malformed; accepted is a URL"),
        (lambda: silence(0), "^silence: duration is 0; accepted is a number of seconds above 0"),
        (lambda: ringtone("us", duration=-1), "^ringtone: duration is -1"),
        (serial, "^serial needs at least one device"),
        (parallel, "^parallel needs at least one device"),
        (lambda: parallel([A]), "^parallel takes devices, not list"),
        (lambda: serial("+15550100001"), "^serial takes devices and what parallel returns, not str"),
        (lambda: serial([A]), r"^devices\[0\] is dict"),
    ],
)
def test_a_builder_refuses_at_once_what_the_server_would_refuse(build: Callable[[], Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        build()


def test_a_refusal_names_no_number() -> None:
    with pytest.raises(ValueError) as caught:
        phone("5559871234")
    assert "5559871234" not in str(caught.value)


def test_verbs_take_what_builders_make(started: Started) -> None:
    line: Line[Any] = Line(started)
    line.call.play([tts("hi"), silence(1), ringtone("us"), audio("https://example.com/a.mp3")])
    line.call.connect(serial(parallel(A, B), C), ringback=[ringtone("us")])
    assert line.board.wait_for("calling.connect")["devices"] == [[A, B], [C]]


def test_what_is_built_has_plain_types() -> None:
    assert type(phone(Loud("+15550100001"))["params"]["to_number"]) is str
    built = tts(Loud("hi"))
    assert built == tts("hi")
    assert type(built["params"]["text"]) is str
