"""What a request has that no server reads is found, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from doubles.raw_client import PlaceCall, RawClient
from loguru import logger
from msgspec import inspect
from protocol_data import DATA

from relay_runtime.sandbox import Caller, Sandbox
from relay_runtime.sandbox.ground.unread import unread
from relay_runtime.sandbox.verbs.table import VERBS


class Tone(msgspec.Struct, tag="tone"):
    pitch: int = 1


class Song(msgspec.Struct):
    tones: list[Tone] = []
    first: Tone | None = None
    free: dict[str, Any] = {}
    late: int = msgspec.field(default=0, name="for")


def found(raw: dict[str, Any]) -> list[str]:
    return list(unread(raw, msgspec.convert(raw, Song)))


def test_what_is_read_is_not_found() -> None:
    assert found({"tones": [{"type": "tone", "pitch": 2}], "first": {"type": "tone"}, "for": 3}) == []


def test_what_is_not_read_is_found_with_its_place() -> None:
    raw = {"Tones": 1, "tones": [{"type": "tone"}, {"type": "tone", "pitsh": 2}], "first": {"type": "tone", "x": 1}}
    assert found(raw) == ["Tones", "tones[].pitsh", "first.x"]


def test_an_object_that_is_free_is_not_looked_into() -> None:
    assert found({"free": {"initialTimeout": 1, "deep": [{"er": 2}]}}) == []


@pytest.mark.parametrize("key", ["status_url", "confirm", "node_id"])
def test_what_a_server_knows_and_has_no_effect_here_is_not_found(key: str) -> None:
    assert found({key: 1}) == []


def test_a_key_that_may_be_a_number_is_not_repeated() -> None:
    assert found({"+15550100001": 1}) == ["(a key that is no name)"]


# The keys of the protocol


def described(spec: dict[str, Any], kind: Any, place: str) -> Iterator[tuple[str, str, set[str]]]:
    """Yield each object of a request: its place, and every key that the protocol has and the sandbox does not read."""
    if isinstance(kind, inspect.UnionType):
        for each in kind.types:
            yield from described(spec, each, place)
    elif "any_of" in spec:
        for each in spec["any_of"]:
            yield from described(each, kind, place)
    elif "ref" in spec:
        yield from described(DATA["types"].get(spec["ref"], {}), kind, place)
    elif isinstance(kind, inspect.ListType):
        yield from described(spec.get("items", {}), kind.item_type, f"{place}[]")
    elif isinstance(kind, inspect.StructType):
        fields = {field.encode_name: field.type for field in kind.fields}
        if "discriminator" in spec:
            variant = spec["variants"].get(kind.tag)
            if variant is not None and "params" in fields:
                yield from described(variant["params"], fields["params"], f"{place}.params")
        elif spec.get("fields"):
            yield place, kind.cls.__name__, spec["fields"].keys() - fields.keys()
            for name in spec["fields"].keys() & fields.keys():
                yield from described(spec["fields"][name], fields[name], f"{place}.{name}")


OBJECTS = [
    (place, name, key)
    for method, entry in VERBS.items()
    if method in DATA["methods"]
    for place, name, keys in described(
        {"fields": DATA["methods"][method]["params"]}, inspect.type_info(entry.params), method
    )
    for key in sorted(keys)
]


@pytest.mark.parametrize(("place", "name", "key"), OBJECTS)
def test_every_key_of_the_protocol_is_read_or_known_to_have_no_effect(place: str, name: str, key: str) -> None:
    assert found({key: 1}) == [], f"{place} ({name})"


def test_the_walk_through_the_protocol_reaches_the_objects_in_requests() -> None:
    places = {place for place, _, _ in OBJECTS}
    assert len(OBJECTS) > 80
    assert {"calling.play", "calling.dial.devices[][].params", "calling.live_translate.action.start"} <= places


# Over a socket


def test_what_a_server_would_ignore_is_counted_and_warned_of_once(
    client: RawClient, call: PlaceCall, sandbox: Sandbox
) -> None:
    lines: list[str] = []
    sink = logger.add(lines.append, format="{message}", level="WARNING")
    try:
        _, address = call(Caller())
        media = [{"type": "tts", "params": {"text": "Hello", "lang": "de-DE"}}]
        for control_id in ("p1", "p2"):
            client.do(address, "calling.play", control_id=control_id, play=media, Volume=3)
    finally:
        logger.remove(sink)
    assert sandbox.counters.keys_unread == 4
    assert sorted(line.strip() for line in lines) == [
        "calling.play: Volume is no key that the server knows: it is ignored",
        "calling.play: play[].params.lang is no key that the server knows: it is ignored",
    ]
