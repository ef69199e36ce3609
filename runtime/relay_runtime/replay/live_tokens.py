"""Tokens of a recording and what stands for them while it is played again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from relay_runtime.recording.lines import Line
from relay_runtime.recording.tokens import HEARD, NUMBER, SENT, TOKEN

__all__ = ["LiveTokens"]

_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
_PRIVATE: Final = 15550100000
"""Numbers from here on are nobody's."""
_NOT_DIGITS: Final = re.compile(r"[^\d]")


class LiveTokens:
    """Gives the tokens of a replay so that they are those of the recording, and texts for tokens.

    What came from outside first, such as the caller's number, is known by its token from the beginning, and a text is
    made up for it. What the app sent first is its own, and gets the first token that is free, as it did when it was
    recorded; from then on the token stands for that text again, so that a caller can say a word that the app gave as a
    hint.

    Args:
        lines: the frames of the recording.
        numbers: what is to stand for a token, by ``<number-1>`` and the like, in place of a number that is made up.

    Raises:
        ValueError: a token of these is not in the recording.
    """

    def __init__(self, lines: tuple[Line, ...], numbers: Mapping[str, str] | None = None) -> None:
        self._tokens: dict[tuple[str, str], str] = {}
        self._texts: dict[str, str] = {}
        self._taken: set[str] = set()
        self._next = dict.fromkeys((NUMBER, SENT, HEARD, "digits"), 1)
        given = dict(numbers or {})
        for token, from_outside in _by_first_use(lines):
            text = given.pop(token, None) or (_made_up(token) if from_outside else None)
            if text is not None:
                self._know(token, text)
        if given:
            there = ", ".join(sorted({token for token, _ in _by_first_use(lines) if token.startswith("<number")}))
            raise ValueError(f"the recording has no {sorted(given)[0]}; it has {there or 'no numbers'}")

    def _know(self, token: str, text: str) -> None:
        kind = _kind(token)
        same = _NOT_DIGITS.sub("", text) if kind == NUMBER and "@" not in text else text.casefold()
        self._tokens[_family(kind), same if kind == NUMBER else text] = token
        self._texts[token] = text
        self._taken.add(_name(token))

    def of(self, kind: str, text: str, *, same: str | None = None) -> str:
        """Return the token of a text, as `relay_runtime.recording.tokens.Tokens` does."""
        if not text or TOKEN.fullmatch(text):
            return text
        what = _family(kind), text if same is None else same
        token = self._tokens.get(what)
        if token is None:
            token = self._tokens[what] = self._new(kind, text)
            self._texts.setdefault(token, text)
        return token

    def _new(self, kind: str, text: str) -> str:
        while f"{kind}-{self._next[kind]}" in self._taken:
            self._next[kind] += 1
        number = self._next[kind]
        self._next[kind] += 1
        return f"<{kind}-{number}>" if kind == NUMBER else f"<{kind}-{number}:{len(text)}>"

    def text(self, token: str) -> str:
        """Return what stands for a token now."""
        text = self._texts.get(token)
        return _made_up(token) if text is None else text

    def filled(self, value: Any) -> Any:
        """Return a copy of a value of a frame with texts in the place of tokens."""
        if isinstance(value, dict):
            return {self.filled(key): self.filled(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.filled(each) for each in value]
        return TOKEN.sub(lambda token: self.text(token[0]), value) if isinstance(value, str) else value


def _by_first_use(lines: tuple[Line, ...]) -> Iterator[tuple[str, bool]]:
    """Give each token of a recording once, with whether it came from outside first."""
    seen: set[str] = set()
    for line in lines:
        for text in _texts(line.frame):
            for found in TOKEN.finditer(text):
                if found[0] not in seen:
                    seen.add(found[0])
                    yield found[0], line.direction == "in"


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield key
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value


def _family(kind: str) -> str:
    return SENT if kind == HEARD else kind


def _kind(token: str) -> str:
    return token[1:].partition("-")[0]


def _name(token: str) -> str:
    return token[1:-1].partition(":")[0]


def _made_up(token: str) -> str:
    """Return a text for a token, another one for each, of its length."""
    found = TOKEN.fullmatch(token)
    if found is None or found[1] == NUMBER:
        return f"+{_PRIVATE + int(found[2] if found else 0) % 10_000}"
    length, number, letters = int(found[3] or 0), int(found[2]), ""
    while number or not letters:
        number, letter = divmod(number, len(_LETTERS))
        letters = _LETTERS[letter] + letters
    return letters[-length:].rjust(length, "x" if found[1] == HEARD else "y")
