"""Masking secrets in text that is about to be shown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote

from relay_runtime.settings.config import MASK

__all__ = ["Masker"]

_SHORTEST: Final = 4
"""A shorter secret is part of ordinary words; masking it would garble every line."""

# These must take no more time than the text is long, whatever that holds: nothing else runs meanwhile.
_WORD: Final = r"token|password|passwd|secret|api_?key"
_ALONE: Final = r"authorization(?:_state)?"
_KEY: Final = re.compile(rf"(?i)[\w-]*(?:{_WORD})|{_ALONE}")
_KEYED: Final = re.compile(
    rf"""(?ix)
    (?P<key> (?: {_WORD} | (?<!\w) {_ALONE} ) \b \\* ["']? \s* [:=] \s* )
    (?P<scheme> (?: bearer | basic ) \s+ )?
    (?: (?P<quote> \\* ["'] ) [^"'\\]* | [^\s"',;)}}\]&]+ )
    """
)
_KEYED_HINT: Final = re.compile(r"(?i)token|passw|secret|api_?key|authorization")
"""Is in whatever `_KEYED` finds, and much sooner looked for: most lines have none of it."""
# From the beginning of a run of its characters on, so that each run is looked at once.
_JWT: Final = re.compile(r"(?<![\w-])(?=[\w-]+\.[\w-])(?P<before>[\w-]*?)\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?")


class Masker:
    """Replaces secrets by asterisks: known ones by their value, others by the key beside them or by their shape.

    Args:
        secrets: the secrets that are known.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms = {form for secret in secrets if len(secret) >= _SHORTEST for form in _forms(secret)}
        longest_first = sorted(forms, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first))) if forms else None

    @staticmethod
    def hides(key: str) -> bool:
        """Return whether the value beside this key is a secret."""
        return _KEY.fullmatch(key) is not None

    def __call__(self, text: str) -> str:
        """Return the text with every secret masked."""
        if self._known is not None:
            text = self._known.sub(MASK, text)
        if "eyJ" in text:
            text = _JWT.sub(rf"\g<before>{MASK}", text)
        if _KEYED_HINT.search(text) is None:
            return text
        return _KEYED.sub(lambda match: f"{match['key']}{match['scheme'] or ''}{match['quote'] or ''}{MASK}", text)


def _forms(secret: str) -> set[str]:
    """Return a secret as it stands in a text, in JSON, in a Python repr and in a URL."""
    return {secret, json.dumps(secret)[1:-1], repr(secret)[1:-1], quote(secret, safe="")}
