"""Tokens that stand for what is masked: the same for the same, so that two things can still be told apart."""

from __future__ import annotations

import re
from typing import Final, Protocol

__all__ = ["DIGITS", "HEARD", "NUMBER", "SENT", "TOKEN", "TokenSource", "Tokens"]

NUMBER: Final = "number"
SENT: Final = "words"
HEARD: Final = "heard"
DIGITS: Final = "digits"

TOKEN: Final = re.compile(r"<(number|words|heard|digits)-([1-9]\d{0,5})(?::(\d{1,7}))?>")
"""A token: its kind, its number and the length of what it stands for."""


class TokenSource(Protocol):
    """Gives tokens."""

    def of(self, kind: str, text: str, *, same: str | None = None) -> str:
        """Return the token of a text; see `Tokens.of`."""


class Tokens:
    """The tokens of one recording: ``<number-1>``, ``<words-2:17>``, ``<heard-1:9>`` and ``<digits-1:4>``.

    They are counted in the order in which what they stand for is seen first; words that the client has sent apart from
    those that it has received, so that other words of a server change no token of what is sent. What follows the colon
    is the length in characters. A token is its own token, and is not given out again: what is masked already stays as
    it is.
    """

    def __init__(self) -> None:
        self._given: dict[tuple[str, str], str] = {}
        self._last = {NUMBER: 0, SENT: 0, HEARD: 0, DIGITS: 0}

    def of(self, kind: str, text: str, *, same: str | None = None) -> str:
        """Return the token of a text; an empty one stays empty.

        Args:
            kind: `NUMBER`, `DIGITS`, or for words `SENT` or `HEARD`: those that were sent and received are one.
            text: what it stands for.
            same: what makes it the same as another; None: the text.
        """
        if not text:
            return text
        known = TOKEN.fullmatch(text)
        if known is not None:
            self._last[known[1]] = max(self._last[known[1]], int(known[2]))
            return text
        what = SENT if kind == HEARD else kind, text if same is None else same
        token = self._given.get(what)
        if token is None:
            self._last[kind] += 1
            length = "" if kind == NUMBER else f":{len(text)}"
            token = self._given[what] = f"<{kind}-{self._last[kind]}{length}>"
        return token
