"""Escapes in text from outside what a terminal would obey, or what would begin a line of its own in a log."""

from __future__ import annotations

import json
import unicodedata
from typing import Any, Final, TypeVar

import msgspec

__all__ = ["encoded_json", "escaped", "escaped_in", "escaped_json"]

_UNSAFE: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's categories of controls, marks of direction and other invisible marks, halves of characters, line ends."""
_JOINERS: Final = "\u200c\u200d"  # scripts and emojis need them, and they turn nothing round

_UTF_8: Final = "utf-8"

_Struct = TypeVar("_Struct", bound=msgspec.Struct)


def escaped(text: str) -> str:
    r"""Return a text as one line that controls nothing: ``\n``, ``\x1b`` and ``\u202e`` are shown as written here."""
    if text.isprintable():
        return text
    return "".join(each.encode("unicode_escape").decode() if _is_unsafe(each) else each for each in text)


def escaped_json(line: str, encoding: str = _UTF_8) -> str:
    """Return JSON that means the same and controls nothing: a writer of JSON escapes the controls of ASCII alone.

    Args:
        line: JSON on one line.
        encoding: what it will be written in; where that lacks a character, all that are not of ASCII are escaped.
    """
    if not line.isprintable():
        line = "".join(json.dumps(each)[1:-1] if _is_unsafe(each) else each for each in line)
    if encoding == _UTF_8 or line.isascii():
        return line
    try:
        line.encode(encoding)
    except UnicodeEncodeError:
        return "".join(each if each.isascii() else json.dumps(each)[1:-1] for each in line)
    return line


def encoded_json(value: Any) -> bytes:
    """Return JSON on one line, also of texts with halves of characters, as arguments and names of files may have them.

    Raises:
        TypeError: a part of it has no JSON form.
    """
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return json.dumps(msgspec.to_builtins(value, str_keys=True), separators=(",", ":")).encode()


def escaped_in(struct: _Struct) -> _Struct:
    """Return a struct with every text in it escaped, however deep."""
    return msgspec.convert(_walked(msgspec.to_builtins(struct)), type(struct))


def _walked(value: Any) -> Any:
    if isinstance(value, str):
        return escaped(value)
    if isinstance(value, dict):
        return {_walked(key): _walked(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_walked(item) for item in value]
    return value


def _is_unsafe(character: str) -> bool:
    return unicodedata.category(character) in _UNSAFE and character not in _JOINERS
