"""Finds what a request has that a server does not read: keys that are misspelt, or belong to another vocabulary."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

import msgspec

__all__ = ["unread"]

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z_-]{0,60}\Z")  # what is no name may hold the number of a caller

_OF_NO_EFFECT: Final = frozenset(
    {
        *("node_id", "call_id", "dest_swml", "region", "max_price_per_minute"),
        *("status_url", "status_url_method", "status_callback", "status_callback_event"),
        *("recording_status_callback", "recording_status_callback_event", "call_state_url", "call_state_events"),
        *("confirm", "confirm_timeout", "from", "from_name", "encryption", "session_timeout", "webrtc_media"),
        *("username", "password", "headers", "codec", "realtime", "authorization_bearer_token", "custom_parameters"),
        *("post_prompt_url", "post_prompt_auth_user", "post_prompt_auth_password"),
        *("language", "voice", "gender", "say_voice", "description", "valid_card_types", "bank_account_type"),
        *("parameters", "prompts", "execute_after_queue", "whisper_url"),
        *("hints", "mode", "from_voice", "to_voice", "filter_from", "filter_to", "speech_engine", "speech_timeout"),
        *("vad_silence_ms", "vad_thresh", "verbose_utterances", "ai_summary_prompt"),
        *("message_type", "body_template_parameters", "button_template_parameters", "header_template_parameters"),
    }
)
"""Keys that a server knows, and that change nothing here."""


def unread(raw: Any, read: Any, place: str = "") -> Iterator[str]:
    """Yield the place of each key of an object that a server would ignore, such as ``play[].params.lang``.

    Args:
        raw: what came.
        read: what was read from it.
        place: what stands in front of a key where it is named.
    """
    if isinstance(raw, list) and isinstance(read, list):
        for one, other in zip(raw, read, strict=True):
            yield from unread(one, other, f"{place.removesuffix('.')}[].")
    elif isinstance(raw, dict) and isinstance(read, msgspec.Struct):
        fields = _fields(type(read))
        for key, value in raw.items():
            if key in fields:
                yield from unread(value, getattr(read, fields[key], None), f"{place}{key}.")
            elif key not in _OF_NO_EFFECT:
                yield place + (key if _NAME.match(key) else "(a key that is no name)")


@lru_cache(None)
def _fields(kind: type[msgspec.Struct]) -> dict[str, str]:
    """Return the attribute of each key that a struct reads; that of its tag has none."""
    fields = {field.encode_name: field.name for field in msgspec.structs.fields(kind)}
    tag = kind.__struct_config__.tag_field
    return fields if tag is None else {**fields, tag: ""}
