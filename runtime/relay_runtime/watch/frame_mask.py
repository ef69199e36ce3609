"""Frames for people's eyes: without secrets, numbers, SIP users, and the digits that a caller pressed."""

from __future__ import annotations

import re
from typing import Any, Final

from relay_runtime.settings.config import MASK
from relay_runtime.watch.masking import Masker

__all__ = ["FrameMask", "is_private"]

_PRIVATE: Final = re.compile(r"(?i)\A(?:from|to)\Z|number|digits|caller_?id|pin|postal_code|security_code")
"""Keys beside which numbers of people or what they typed stands."""
_NUMBER: Final = re.compile(r"\+\d{6,15}\b|(?<![\w.+-])\d{9,15}(?![.-]?\w)")
# From the beginning of what may be a user on, so that each character is looked at once: it takes no more time than the
# text is long, whatever that holds.
_USER: Final = r"[^\s@\"'<>]"
_SIP_USER: Final = re.compile(rf"(?i)(?<!{_USER})(?={_USER}+@)({_USER}*?\bsips?:){_USER}+@")


class FrameMask:
    """Masks what a frame holds.

    Args:
        masker: masks the secrets.
    """

    def __init__(self, masker: Masker) -> None:
        self._masker = masker

    def __call__(self, value: Any, key: str = "") -> Any:
        """Return a decoded frame, or a part of it that stands beside ``key``, with everything private masked."""
        if isinstance(value, dict):
            return {name: self(item, name) for name, item in value.items()}
        if isinstance(value, list):
            return [self(item, key) for item in value]
        if isinstance(value, str):
            return self._text(value, key)
        if isinstance(value, int | float) and not isinstance(value, bool) and is_private(key):
            return MASK
        return value

    def _text(self, text: str, key: str) -> str:
        if text and (is_private(key) or self._masker.hides(key)):
            return MASK
        return _SIP_USER.sub(rf"\1{MASK}@", _NUMBER.sub(MASK, self._masker(text)))


def is_private(key: str) -> bool:
    """Return whether numbers of people, or what they typed, stand beside a key."""
    return _PRIVATE.search(key) is not None
