"""A line that is typed key by key."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

__all__ = ["Editor"]

_KEPT: Final = 100
_LAST_WORD: Final = re.compile(r"\S*\s*\Z")


class Editor:
    """Edits the line that is being typed, and knows those before it.

    Args:
        keys: what is entered at once when it is typed on an empty line.
        changed: called with the text as it is now.
        entered: called with each line that is entered.
        ended: called at Ctrl-D on an empty line, and when the terminal is gone.
    """

    def __init__(
        self,
        *,
        keys: frozenset[str],
        changed: Callable[[str], object],
        entered: Callable[[str], object],
        ended: Callable[[], object],
    ) -> None:
        self._keys = keys
        self._changed = changed
        self._entered = entered
        self._ended = ended
        self._text = ""
        self._before: list[str] = []
        self._back = 0  # how many lines ago the one was entered that is shown; 0: a new one

    def key(self, key: str) -> None:
        """Take a key: a character, or the name of a key that moves."""
        if key in {"\r", "\n"}:
            self._enter(self._text)
        elif key == "gone" or (key == "\x04" and not self._text):
            self._ended()
        elif key in {"\x7f", "\x08"}:
            self._set(self._text[:-1])
        elif key == "\x15":
            self._set("")
        elif key == "\x17":
            self._set(_LAST_WORD.sub("", self._text, count=1))
        elif key in {"up", "down"}:
            self._recall(1 if key == "up" else -1)
        elif not self._text and key in self._keys:
            self._entered(key)
        elif len(key) == 1 and key.isprintable():
            self._set(self._text + key)

    def _enter(self, text: str) -> None:
        self._back = 0
        if text:
            self._before = [*self._before[1 - _KEPT :], text]
        self._set("")
        self._entered(text)

    def _recall(self, step: int) -> None:
        self._back = min(max(0, self._back + step), len(self._before))
        self._set(self._before[-self._back] if self._back else "")

    def _set(self, text: str) -> None:
        self._text = text
        self._changed(text)
