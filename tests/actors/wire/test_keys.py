"""Keys that are not known: refused when a known one was meant, else told of once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from loguru import logger

from relay_actors.wire import keys
from relay_actors.wire.checks import check_params
from relay_actors.wire.keys import refuse_misspelt, tell_once

KNOWN = ("beep", "initial_timeout", "max_length", "terminators")


@pytest.fixture(autouse=True)
def nothing_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "_told", set())


@pytest.fixture
def warnings() -> Iterator[list[str]]:
    lines: list[str] = []
    sink = logger.add(lambda message: lines.append(message.record["message"]), level="WARNING")
    yield lines
    logger.remove(sink)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("initialTimeout", "initial_timeout"),
        ("InitialTimeout", "initial_timeout"),
        ("initial-timeout", "initial_timeout"),
        ("initalTimeout", "initial_timeout"),
        ("terminator", "terminators"),
        ("beeep", "beep"),
        ("bepe", "beep"),
        ("maxLength", "max_length"),
    ],
)
def test_a_key_that_is_nearly_a_known_one_is_refused_with_it(written: str, meant: str) -> None:
    with pytest.raises(ValueError) as error:
        refuse_misspelt("record.audio.", written, KNOWN)
    assert str(error.value) == f"record.audio.{written} is not known; did you mean {meant}?"


@pytest.mark.parametrize(
    "written", ["loudness", "lang", "max", "timeout", "", 5, None, "+15550100001", "initial timeout"]
)
def test_a_key_that_is_near_to_none_passes(written: object) -> None:
    refuse_misspelt("record.audio.", written, KNOWN)


def test_a_key_that_is_there_already_was_not_meant() -> None:
    with pytest.raises(ValueError):
        refuse_misspelt("", "tag", ["tap"])
    refuse_misspelt("", "tag", ["tap"], {"tap": {}, "tag": "x"})


def test_a_key_that_passes_is_told_of_once_for_each_place(warnings: list[str]) -> None:
    for place in ("media[0].params.", "media[7].params.", "record.audio."):
        for _ in range(3):
            tell_once(place, "loudness", ["text", "voice"])
    assert warnings == [
        "media[].params.loudness is not known, and is sent as it is; known are text, voice",
        "record.audio.loudness is not known, and is sent as it is; known are text, voice",
    ]


@pytest.mark.parametrize("name", ["+15550100001", "15550100001", "sip:ann@example.com", 15550100001, "x" * 100])
def test_what_may_be_a_number_or_an_address_is_never_in_the_warning(name: object, warnings: list[str]) -> None:
    tell_once("media[0].", name, ["type"])
    assert warnings == ["media[].a key that is no name is not known, and is sent as it is; known are type"]


def test_a_program_that_makes_up_its_keys_is_told_of_a_thousand(warnings: list[str]) -> None:
    letters = "abcdefghij"
    for number in range(1_100):
        tell_once("", "".join(letters[int(digit)] for digit in str(number)), [])
    assert len(warnings) == 1_000


# Where it is looked


MISSPELT = [
    ("calling.play", {"play": [{"type": "tts", "params": {"text": "x", "langauge": "de"}}]}, "play[0].params.langauge"),
    ("calling.play", {"play": [{"type": "silence", "parms": {"duration": 1}}]}, "play[0].parms"),
    ("calling.play", {"play": [{"type": "silence", "params": {"duration": 1}}], "statusUrl": "https://x"}, "statusUrl"),
    ("calling.record", {"record": {"audio": {"endSilenceTimeout": 2}}}, "record.audio.endSilenceTimeout"),
    ("calling.record", {"record": {"audio": {"beeep": True}}}, "record.audio.beeep"),
    ("calling.record", {"record": {"audio": {"beeep": None}}}, "record.audio.beeep"),
    ("calling.collect", {"digits": {"max": 1}, "initialTimeout": 1}, "initialTimeout"),
    ("calling.collect", {"digits": {"max": 1, "terminator": "#"}}, "digits.terminator"),
    ("calling.detect", {"detect": {"type": "fax", "parms": {}}}, "detect.parms"),
    ("calling.detect", {"detect": {"type": "fax", "params": {"tones": "CED"}}}, "detect.params.tones"),
    ("calling.dial", {"tag": "t", "devices": [[{"type": "sip", "params": {"to": "s", "userName": "a"}}]]}, "devices"),
    ("calling.live_transcribe", {"action": {"start": {"aiSummary": True}}}, "action.start.aiSummary"),
    ("calling.pay", {"payment_connector_url": "https://x", "prompts": [{"for": "x", "cardType": "v"}]}, "prompts[0].c"),
    ("messaging.send", {"to_number": "+15550100001", "from_number": "+15550100002", "boddy": "x"}, "boddy"),
]


@pytest.mark.parametrize(("method", "params", "place"), MISSPELT)
def test_a_misspelt_key_is_refused_wherever_keys_are_known(method: str, params: dict[str, object], place: str) -> None:
    with pytest.raises(ValueError, match="is not known; did you mean") as error:
        check_params(method, params)
    assert str(error.value).startswith(place)


FREE = [
    ("calling.ai", {"prompt": {"txt": "x", "Text": "y"}, "params": {"maxTokens": 1}, "SWAIG": {"functoins": []}}),
    ("calling.transfer", {"dest": {"version": "1.0.0", "sectoins": {}}}),
    ("calling.user_event", {"event": {"evnt": 1}}),
    ("calling.pay", {"payment_connector_url": "https://x", "parameters": [{"name": "a", "value": "b", "nmae": "c"}]}),
    ("calling.stream", {"url": "wss://x", "custom_parameters": {"Url": 1}}),
    ("calling.bind_digit", {"digits": "1", "bind_method": "calling.play", "params": {"Play": []}}),
    (
        "calling.refer",
        {"device": {"type": "sip", "params": {"to": "s", "headers": [{"name": "a", "value": "b", "nam": 1}]}}},
    ),
    ("calling.no_such_method", {"initialTimeout": 1}),
]


@pytest.mark.parametrize(("method", "params"), FREE)
def test_what_is_free_passes_in_silence(method: str, params: dict[str, object], warnings: list[str]) -> None:
    check_params(method, params)
    assert warnings == []


def test_an_unknown_key_is_sent_with_one_warning(warnings: list[str]) -> None:
    params = {"play": [{"type": "tts", "params": {"text": "x", "pitch": 3}}], "loudness": 7}
    for _ in range(3):
        assert check_params("calling.play", params, {"play": "media"}) is params
    assert [line.partition(" is not known")[0] for line in warnings] == ["media[].params.pitch", "loudness"]
    assert "known are text, language, gender, voice" in warnings[0]
    assert "media" in warnings[1]


def test_nothing_is_told_of_a_request_that_is_refused(warnings: list[str]) -> None:
    with pytest.raises(ValueError, match="text is missing"):
        check_params("calling.play", {"play": [{"type": "tts", "text": "x"}]})
    assert warnings == []


def test_the_name_that_is_suggested_is_the_one_of_the_verb() -> None:
    with pytest.raises(ValueError, match="inputMethod is not known; did you mean input_method"):
        check_params(
            "calling.pay", {"payment_connector_url": "https://x", "inputMethod": "dtmf"}, {"input": "input_method"}
        )
