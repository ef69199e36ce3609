"""Checks of what a caller hands in, before anything is sent.

Each raises `ValueError` with the place of the mistake and what is accepted, and never with a phone number.
"""

from __future__ import annotations

import re
from typing import Any, Final

from relay_actors.kit.spelling import near_miss
from relay_actors.wire.call_state import TRANSITIONS
from relay_actors.wire.dicts import DialDevice, Medium
from relay_actors.wire.events import EVENT_CLASSES
from relay_actors.wire.methods import METHODS
from relay_actors.wire.plain import plain_scalar
from relay_actors.wire.rules import SENDER_NAME
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

_SENDER_NAME: Final = re.compile(rf"{SENDER_NAME}\Z")


def check_params(method: str, params: dict[str, Any], names: dict[str, str] | None = None) -> dict[str, Any]:
    """Return ``params`` if each keeps its rule; of one that is not of plain types (`relay_actors.wire.plain`), a copy.

    The address of a call is not looked at.

    Args:
        method: a method of `METHODS`; the params of any other pass.
        params: its params by their names on the wire.
        names: the names by which the caller knows them, where they differ.

    Raises:
        ValueError: naming the param and what is accepted.
    """
    shape = METHODS.get(method)
    return params if shape is None else shape.check_fields(params, "", names)


def check_media(media: Any) -> list[Medium]:
    """Return a list of media items if each is well formed.

    Raises:
        ValueError: naming the item and what is accepted.
    """
    return list(MEDIA.check("media", media))


def check_devices(devices: Any) -> list[list[DialDevice]]:
    """Return devices as a list of groups (tried in order) of devices (rung together) if each is well formed.

    Raises:
        ValueError: naming the device and what is accepted.
    """
    return [list(group) for group in DIAL_DEVICES.check("devices", devices)]


def check_message(params: dict[str, Any]) -> dict[str, Any]:
    """Return the params of a message if they are well formed (protocol 11).

    Raises:
        ValueError: neither body nor media, too many media, a number that is none, or an MMS of a sender with a name.
    """
    params = check_params("messaging.send", params)
    if not params.get("body") and not params.get("media") and not params.get("template_id"):
        raise ValueError("a message needs a body, media, or both")
    if (params.get("media") or params.get("send_as_mms")) and _SENDER_NAME.match(params["from_number"]):
        raise ValueError("from_number is a name, which carriers take for an SMS alone: send no media, or from a number")
    return params


def check_contexts(contexts: Any) -> tuple[str, ...]:
    """Return contexts as a tuple without repetitions.

    Raises:
        ValueError: not a list of texts, an empty text, or one with a line break or spaces around it.
    """
    if isinstance(contexts, str) or not isinstance(contexts, list | tuple | set | frozenset):
        raise ValueError(f'contexts is {type(contexts).__name__}; accepted is a list of names, such as ["office"]')  # noqa: TRY004
    names = tuple(dict.fromkeys(plain_scalar(context) for context in contexts))
    for name in names:
        if not isinstance(name, str) or not name:
            raise ValueError("contexts has an entry that is no text or is empty; accepted are names, such as office")
        if name != name.strip() or not name.isprintable():
            raise ValueError(
                f"contexts has an entry with a line break, a control character or spaces around it: {name!r}; accepted "
                "are names, such as office"
            )
    return names


def check_event_type(event_type: Any) -> str:
    """Return a type of events; one that is not known here may still come.

    Raises:
        ValueError: no text, or a known type was meant.
    """
    event_type = plain_scalar(event_type)
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
    method = plain_scalar(method)
    if not isinstance(method, str) or not method:
        raise ValueError('method is the name of a method on the wire, such as "calling.play"')
    return method
