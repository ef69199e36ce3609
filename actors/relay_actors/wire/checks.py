"""Checks of what a caller hands in, before anything is sent.

Each raises `ValueError` with the place of the mistake, what is accepted, and never the value of a phone number.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from relay_actors.wire.rules import COLLECT_DIGITS, DEVICE_PARAMS, MEDIA, PARAMS, RECORD_AUDIO, Rule

__all__ = ["check_collect", "check_contexts", "check_devices", "check_media", "check_message", "check_params"]

_MAX_MEDIA = 8


def _complain(place: str, rule: Rule, value: Any) -> None:
    complaint = rule.complaint(value)
    if complaint is not None:
        raise ValueError(f"{place} {complaint}")


def check_params(method: str, params: dict[str, Any]) -> dict[str, Any]:
    """Return ``params`` if each keeps its rule.

    Raises:
        ValueError: naming the param and what is accepted.
    """
    for name, rule in PARAMS.get(method, {}).items():
        if name in params:
            _complain(name, rule, params[name])
    if method == "calling.record":
        _check_mapping("record.audio", params["record"]["audio"])
        for name, rule in RECORD_AUDIO.items():
            if name in params["record"]["audio"]:
                _complain(f"record.audio.{name}", rule, params["record"]["audio"][name])
    return params


def _check_mapping(place: str, value: Any) -> None:
    if not isinstance(value, Mapping):
        raise ValueError(f"{place} is {type(value).__name__}; accepted is a dict")  # noqa: TRY004 - bad input is a ValueError here


def _check_typed(place: str, item: Any, table: Mapping[str, Mapping[str, tuple[bool, Rule]]], *, closed: bool) -> None:
    """Check an item ``{"type": …, "params": {…}}`` against the params of its type."""
    _check_mapping(place, item)
    kind = item.get("type")
    if not isinstance(kind, str) or (closed and kind not in table):
        raise ValueError(f"{place}.type is {kind!r}; accepted is one of {', '.join(table)}")
    params = item.get("params", {})
    _check_mapping(f"{place}.params", params)
    for name, (required, rule) in table.get(kind, {}).items():
        if name in params:
            _complain(f"{place}.params.{name}", rule, params[name])
        elif required:
            raise ValueError(
                f'{place}.params.{name} is missing; a {kind} item is {{"type": "{kind}", "params": {{"{name}": …}}}}'
            )


def check_media(media: Any) -> list[dict[str, Any]]:
    """Return a list of media items if each is well formed.

    Raises:
        ValueError: naming the item and what is accepted.
    """
    if not isinstance(media, list | tuple):
        raise ValueError(f"media is {type(media).__name__}; accepted is a list of items")  # noqa: TRY004
    if not media:
        raise ValueError("media is empty; at least one item is needed")
    for index, item in enumerate(media):
        _check_typed(f"media[{index}]", item, MEDIA, closed=True)
    return list(media)


def check_devices(devices: Any) -> list[list[dict[str, Any]]]:
    """Return devices as a list of groups (tried in order) of devices (rung together) if each is well formed.

    Raises:
        ValueError: naming the device and what is accepted.
    """
    shape = 'devices is a list of groups tried in order, each a list of devices rung together: [[{"type": "phone", …}]]'
    if not isinstance(devices, list | tuple):
        raise ValueError(f"devices is {type(devices).__name__}; {shape}")  # noqa: TRY004
    if not devices:
        raise ValueError(f"devices is empty; {shape}")
    for outer, group in enumerate(devices):
        if not isinstance(group, list | tuple):
            raise ValueError(f"devices[{outer}] is {type(group).__name__}; {shape}")  # noqa: TRY004
        if not group:
            raise ValueError(f"devices[{outer}] is empty; {shape}")
        for inner, device in enumerate(group):
            _check_typed(f"devices[{outer}][{inner}]", device, DEVICE_PARAMS, closed=False)
    return [list(group) for group in devices]


def check_collect(collect: Any) -> dict[str, Any]:
    """Return the settings of a collection if they are well formed.

    Raises:
        ValueError: neither digits nor speech is given, or a value is out of range.
    """
    _check_mapping("collect", collect)
    if collect.get("digits") is None and collect.get("speech") is None:
        raise ValueError('collect needs digits, speech or both, such as {"digits": {"max": 1}}')
    for name in ("digits", "speech"):
        if collect.get(name) is not None:
            _check_mapping(f"collect.{name}", collect[name])
    digits = collect.get("digits")
    if digits is not None:
        if "max" not in digits:
            raise ValueError('collect.digits.max is missing; how many digits end the input, such as {"max": 1}')
        for name, rule in COLLECT_DIGITS.items():
            if name in digits:
                _complain(f"collect.digits.{name}", rule, digits[name])
    if "initial_timeout" in collect:
        _complain("collect.initial_timeout", PARAMS["calling.collect"]["initial_timeout"], collect["initial_timeout"])
    return dict(collect)


def check_message(params: dict[str, Any]) -> dict[str, Any]:
    """Return the params of a message if they are well formed (section 11).

    Raises:
        ValueError: neither body nor media, too many media, or a number that is not E.164.
    """
    check_params("messaging.send", params)
    if not params.get("body") and not params.get("media") and "template_id" not in params:
        raise ValueError("a message needs a body, media, or both")
    if len(params.get("media") or ()) > _MAX_MEDIA:
        raise ValueError(f"media has {len(params['media'])} URLs; accepted are up to {_MAX_MEDIA}")
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
