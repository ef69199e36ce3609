"""Params in the forms that the vendor's documentation shows, turned into those of its schema (protocol 16.28 to 16.30).

Each function returns params in the schema's form, and the same object if there was nothing to turn. What is neither
is left as it is, for the check that follows.
"""

from __future__ import annotations

import re
from typing import Any, Final

from relay_runtime.sandbox.ground.frames import Frame

__all__ = ["live_transcribe", "live_translate", "transfer", "user_event"]

_ADDRESS: Final = ("node_id", "call_id")
_SCHEMA_DEST: Final = ("https://", "context:", "{")
_NUMBER_OR_SIP: Final = re.compile(r"(?:sips?:\S+|tel:\S+|\+?[0-9][0-9 ().-]*)")
_NAME: Final = re.compile(r"[^\s:]+")
_LANGUAGE: Final = {"language": "lang"}
_LANGUAGES: Final = {"source": "from_lang", "target": "to_lang"}


def user_event(params: Frame) -> Frame:
    """Turn an event that is a name, with its fields beside it, into the object ``{"event": name, …}``."""
    name = params.get("event")
    if not isinstance(name, str) or not name:
        return params
    return {**_only(params, *_ADDRESS), "event": {"event": name, **_without(params, *_ADDRESS, "event")}}


def transfer(params: Frame) -> Frame:
    """Turn a bare name into ``context:NAME``, and a number or a SIP address into the SWML that connects to it."""
    dest = params.get("dest")
    if not isinstance(dest, str) or dest.lstrip().startswith(_SCHEMA_DEST):
        return params
    if _NUMBER_OR_SIP.fullmatch(dest):
        return {**params, "dest": {"sections": {"main": [{"connect": {"to": dest}}]}}}
    return {**params, "dest": f"context:{dest}"} if _NAME.fullmatch(dest) else params


def live_transcribe(params: Frame) -> Frame:
    """Turn a flat action into a nested one, and name the language and the sides of a start as the schema does."""
    return _live(params, _LANGUAGE)


def live_translate(params: Frame) -> Frame:
    """Do the same for a translation, whose languages are two."""
    return _live(params, _LANGUAGES)


def _live(params: Frame, names: dict[str, str]) -> Frame:
    action = _nested(params)
    start = action.get("start") if isinstance(action, dict) else None
    if isinstance(start, dict):
        named = {_known(key, names, start): value for key, value in start.items()}
        named.setdefault("direction", ["remote-caller", "local-caller"])
        action = action if named == start else {**action, "start": named}
    if action is params.get("action"):
        return params
    kept = params if isinstance(params["action"], dict) else _only(params, *_ADDRESS, "status_url")
    return {**kept, "action": action}


def _known(key: str, names: dict[str, str], start: Frame) -> str:
    """Return the schema's name of a key, unless something has that name already."""
    name = names.get(key, key)
    return key if name in start else name


def _nested(params: Frame) -> Any:
    """Return the action: the one of ``{"action": {"action": "start", …}}``, or ``{"action": "start", …}``, nested."""
    action = params.get("action")
    if isinstance(action, dict) and isinstance(action.get("action"), str):
        return {action["action"]: _without(action, "action")}
    beside = _without(params, *_ADDRESS, "action", "status_url")
    if isinstance(action, str) and (beside or action == "start"):
        return {action: beside}
    return action


def _only(values: Frame, *keys: str) -> Frame:
    return {key: values[key] for key in keys if key in values}


def _without(values: Frame, *keys: str) -> Frame:
    return {key: value for key, value in values.items() if key not in keys}
