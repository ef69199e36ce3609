"""Checks of what a caller hands in, before anything is sent.

Each raises `ValueError` with the place of the mistake and what is accepted, and never with a phone number.
"""

from __future__ import annotations

from typing import Any

from relay_actors.kit.spelling import near_miss
from relay_actors.wire.call_state import TRANSITIONS
from relay_actors.wire.dicts import DialDevice, Medium
from relay_actors.wire.events import EVENT_CLASSES
from relay_actors.wire.methods import METHODS
from relay_actors.wire.rules import Rule
from relay_actors.wire.shapes import DIAL_DEVICES, MEDIA

__all__ = [
    "check_contexts",
    "check_devices",
    "check_event_type",
    "check_media",
    "check_message",
    "check_method",
    "check_params",
]


def check_params(method: str, params: dict[str, Any], names: dict[str, str] | None = None) -> dict[str, Any]:
    """Return ``params`` if each keeps its rule. The address of a call is not looked at.

    Args:
        method: a method of `METHODS`; the params of any other pass.
        params: its params by their names on the wire.
        names: the names by which the caller knows them, where they differ.

    Raises:
        ValueError: naming the param and what is accepted.
    """
    shape = METHODS.get(method)
    if shape is not None:
        shape.check_fields(params, "", names)
    return params


def _checked(rule: Rule, place: str, value: Any) -> Any:
    rule.check(place, value)
    return value


def check_media(media: Any) -> list[Medium]:
    """Return a list of media items if each is well formed.

    Raises:
        ValueError: naming the item and what is accepted.
    """
    return list(_checked(MEDIA, "media", media))


def check_devices(devices: Any) -> list[list[DialDevice]]:
    """Return devices as a list of groups (tried in order) of devices (rung together) if each is well formed.

    Raises:
        ValueError: naming the device and what is accepted.
    """
    return [list(group) for group in _checked(DIAL_DEVICES, "devices", devices)]


def check_message(params: dict[str, Any]) -> dict[str, Any]:
    """Return the params of a message if they are well formed (protocol 11).

    Raises:
        ValueError: neither body nor media, too many media, or a number that is not E.164.
    """
    check_params("messaging.send", params)
    if not params.get("body") and not params.get("media") and not params.get("template_id"):
        raise ValueError("a message needs a body, media, or both")
    return params


def check_contexts(contexts: Any) -> tuple[str, ...]:
    """Return contexts as a tuple without repetitions.

    Raises:
        ValueError: not a list of texts, or an empty text.
    """
    if isinstance(contexts, str) or not isinstance(contexts, list | tuple | set | frozenset):
        raise ValueError(f'contexts is {type(contexts).__name__}; accepted is a list of names, such as ["office"]')  # noqa: TRY004
    for context in contexts:
        if not isinstance(context, str) or not context:
            raise ValueError("contexts has an entry that is no text or is empty; accepted are names, such as office")
    return tuple(dict.fromkeys(contexts))


def check_event_type(event_type: Any) -> str:
    """Return a type of events; one that is not known here may still come.

    Raises:
        ValueError: no text, or a known type was meant.
    """
    if not isinstance(event_type, str) or not event_type:
        raise ValueError(f'event_type is {event_type!r}; accepted is a text, such as "calling.call.play", or "*"')
    if event_type in EVENT_CLASSES or event_type == "*":
        return event_type
    word = event_type.lower()
    meant = near_miss(word, EVENT_CLASSES) or next((each for each in EVENT_CLASSES if each.endswith(f".{word}")), None)
    if meant is None and word in TRANSITIONS:
        meant = "calling.call.state"
    if meant is not None:
        raise ValueError(f"event_type is {event_type!r}; did you mean {meant!r}?")
    if "." not in event_type:
        raise ValueError(f"event_type is {event_type!r}; accepted is a type such as calling.call.play, or * for all")
    return event_type


def check_method(method: Any) -> str:
    """Return the name of a method, whatever it is.

    Raises:
        ValueError: no text, or an empty one.
    """
    if not isinstance(method, str) or not method:
        raise ValueError('method is the name of a method on the wire, such as "calling.play"')
    return method
