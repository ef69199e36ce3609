"""The types of dicts say what the rules of requests say: the same keys, the same that are needed, the same values."""

from __future__ import annotations

from collections.abc import Iterator
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints, is_typeddict

import pytest

from relay_actors.wire import dicts
from relay_actors.wire.builders import audio, phone, ringtone, silence, sip, tts
from relay_actors.wire.methods import METHODS
from relay_actors.wire.rules import FLAG, Either, Listed, Rule, Scalar, Shape, Typed

PLAY = METHODS["calling.play"].fields
PAIRS: list[tuple[Any, Rule]] = [
    (list[dicts.Medium], PLAY["play"]),
    (list[list[dicts.DialDevice]], METHODS["calling.dial"].fields["devices"]),
    (list[list[dicts.ConnectDevice]], METHODS["calling.connect"].fields["devices"]),
    (dicts.ReferDevice, METHODS["calling.refer"].fields["device"]),
    (dicts.RecordAudio, METHODS["calling.record"].fields["record"].fields["audio"]),  # type: ignore[attr-defined]
    (dicts.Collect, METHODS["calling.play_and_collect"].fields["collect"]),
    (dicts.CollectDigits, METHODS["calling.collect"].fields["digits"]),
    (dicts.CollectSpeech, METHODS["calling.collect"].fields["speech"]),
    (dicts.Detector, METHODS["calling.detect"].fields["detect"]),
    (dicts.Tap, METHODS["calling.tap"].fields["tap"]),
    (dicts.TapDevice, METHODS["calling.tap"].fields["device"]),
    (list[dicts.PayParameter], METHODS["calling.pay"].fields["parameters"]),
    (list[dicts.PayPrompt], METHODS["calling.pay"].fields["prompts"]),
    (dicts.StreamParams, METHODS["calling.join_conference"].fields["stream"]),
]
"""What verbs take, with the rule for it."""


def kinds(kind: Any) -> list[Any]:
    """The members of a union, or the one type."""
    return list(get_args(kind)) if isinstance(kind, UnionType) else [kind]


def differences(kind: Any, rule: Rule, place: str) -> Iterator[str]:
    """Yield where a type says something else than a rule, and mark each type that was looked at."""
    match rule:
        case Shape() if not rule.fields:
            if kind != dict[str, Any]:
                yield f"{place}: {kind} for a free object"
        case Shape():
            yield from differing_fields(kind, rule.fields, [n for n, r in rule.fields.items() if r.required], place)
        case Typed():
            yield from differing_variants(kind, rule, place)
        case Listed():
            if get_origin(kind) is not list:
                yield f"{place}: {kind} for a list"
            else:
                yield from differences(get_args(kind)[0], rule.item, f"{place}[]")
        case Either():
            for one, other in zip(kinds(kind), rule.rules, strict=True):
                yield from differences(one, other, place)
        case Scalar():
            if kind != scalar(rule):
                yield f"{place}: {kind} for {scalar(rule)}"


def differing_fields(kind: Any, fields: dict[str, Any], needed: list[str], place: str) -> Iterator[str]:
    assert is_typeddict(kind), (place, kind)
    looked_at.add(kind)
    hints = get_type_hints(kind)
    if hints.keys() != fields.keys():
        yield f"{place}: the keys differ by {sorted(hints.keys() ^ fields.keys())}"
    if kind.__required_keys__ != set(needed):
        yield f"{place}: needed are {sorted(kind.__required_keys__)}, by the rule {needed}"
    for name in hints.keys() & fields.keys():
        yield from differences(hints[name], fields[name], f"{place}.{name}")


def differing_variants(kind: Any, rule: Typed, place: str) -> Iterator[str]:
    told = {name: each for each in kinds(kind) for name in get_args(get_type_hints(each)["type"])}
    if told.keys() != rule.variants.keys():
        yield f"{place}: the types differ by {sorted(told.keys() ^ rule.variants.keys())}"
    for name, each in told.items():
        looked_at.add(each)
        needed = {"params", "type"} if rule.default is None else set()
        if get_type_hints(each).keys() != {"type", "params"} or each.__required_keys__ != needed:
            yield f"{place}<{name}>: {each} is not of a type and its params"
        yield from differences(get_type_hints(each)["params"], rule.variants[name], f"{place}<{name}>")


def scalar(rule: Scalar) -> Any:
    """The type of the values of a rule."""
    if rule.choices:
        return Literal[rule.choices]
    if rule is FLAG:
        return bool
    if str in rule.types:
        return str
    return int if rule.whole else float


looked_at: set[Any] = set()


@pytest.mark.parametrize(("kind", "rule"), PAIRS, ids=[str(kind).rpartition(".")[2] for kind, _ in PAIRS])
def test_a_type_says_what_the_rule_says(kind: Any, rule: Rule) -> None:
    assert list(differences(kind, rule, "")) == []


def test_every_type_is_compared_with_a_rule() -> None:
    for kind, rule in PAIRS:
        assert not list(differences(kind, rule, ""))
    public = {value for name in dicts.__all__ if is_typeddict(value := getattr(dicts, name))}
    assert public - looked_at - {dicts.Header} == set()


def test_a_header_is_what_its_rule_says() -> None:
    shape = METHODS["calling.refer"].fields["device"].variants["sip"].fields["headers"]  # type: ignore[attr-defined]
    assert list(differences(list[dicts.Header], shape, "")) == []


def test_a_difference_is_seen() -> None:
    record = METHODS["calling.record"].fields["record"].fields["audio"]  # type: ignore[attr-defined]
    assert list(differences(dicts.Collect, record, ""))
    assert list(differences(list[dicts.Header], PLAY["volume"], ""))
    assert list(differences(list[dicts.TTSMedium], PLAY["play"], ""))


@pytest.mark.parametrize(
    ("made", "kind"),
    [
        (tts("Hello", language="en-US", gender="male", voice="v"), dicts.TTSMedium),
        (audio("https://example.com/a.mp3"), dicts.AudioMedium),
        (silence(1), dicts.SilenceMedium),
        (ringtone("us", duration=2), dicts.RingtoneMedium),
        (phone("+15550100001", from_number="+15550100002", timeout=20, max_duration=60), dicts.PhoneDevice),
        (sip("sip:ann@example.com", from_="sip:bob@example.com", timeout=20), dicts.SIPDevice),
    ],
)
def test_a_builder_makes_what_its_type_says(made: Any, kind: Any) -> None:
    hints = get_type_hints(kind)
    assert made["type"] in get_args(hints["type"])
    params = hints["params"]
    assert params.__required_keys__ <= made["params"].keys() <= get_type_hints(params).keys()
