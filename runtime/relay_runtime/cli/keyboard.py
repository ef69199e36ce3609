"""The keys of a terminal, as they are pressed, without Enter and without an echo."""

from __future__ import annotations

import os
import re
import termios
import tty
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, Self

import gevent
from gevent.socket import wait_read

from relay_runtime.process.process import last_words

__all__ = ["ARROWS", "GONE", "MOVES", "Keyboard", "keys_in"]

_ESCAPE: Final = re.compile(r"\x1b(?:\[[0-9;]*[A-Za-z~]|O[A-Za-z])")
_BEGUN: Final = re.compile(r"\x1b(?:\[[0-9;]*|O)?\Z")
ARROWS: Final = {
    **dict.fromkeys(("\x1b[A", "\x1bOA"), "up"),
    **dict.fromkeys(("\x1b[B", "\x1bOB"), "down"),
    "\x1b[5~": "page up",
    "\x1b[6~": "page down",
    **dict.fromkeys(("\x1b[H", "\x1bOH", "\x1b[1~", "\x1b[7~"), "home"),
    **dict.fromkeys(("\x1b[F", "\x1bOF", "\x1b[4~", "\x1b[8~"), "end"),
}
"""The names of keys that move, where letters are letters."""

GONE: Final = "gone"
"""Stands in the place of a key when the terminal is gone."""

MOVES: Final = {**ARROWS, "k": "up", "j": "down", "b": "page up", " ": "page down", "g": "home", "G": "end"}
"""The same where letters move too."""


def keys_in(text: str, names: Mapping[str, str] = MOVES) -> tuple[list[str], str]:
    """Return the keys that a terminal has sent, and what has begun but is not complete: a key may come in pieces.

    Keys that move have a name (``up``, ``page down``, …); others are what they type.

    Args:
        text: what it has sent.
        names: from what a key sends to its name.
    """
    keys: list[str] = []
    while text:
        found = _ESCAPE.match(text)
        if found is None and _BEGUN.match(text):
            return keys, text
        sent = found[0] if found else text[0]
        text = text[len(sent) :]
        if found is None or sent in names:
            keys.append(names.get(sent, sent))
    return keys, ""


class Keyboard:
    """A terminal that hands on each key; use it as a context manager, which leaves the terminal as it was.

    Ctrl-C and Ctrl-Z stay signals.

    Args:
        terminal: its file descriptor; one that is no terminal has no keys.
        on_key: called with each key, in a greenlet of the keyboard's own.
        names: see `keys_in`.
    """

    def __init__(self, terminal: int, on_key: Callable[[str], object], names: Mapping[str, str] = MOVES) -> None:
        self._terminal = terminal
        self._on_key = on_key
        self._names = names
        self._before: list[Any] | None = None
        self._reader: gevent.Greenlet[..., None] | None = None
        self._rest = ""

    def __enter__(self) -> Self:
        self.take()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.give_back()

    def take(self) -> None:
        """Begin to hand on keys."""
        if not os.isatty(self._terminal):
            return
        self._before = termios.tcgetattr(self._terminal)
        # At once: what was typed before counts, and a terminal that takes no output holds nobody up.
        tty.setcbreak(self._terminal, termios.TCSANOW)
        last_words.append(self._restore)
        self._reader = gevent.spawn(self._read)

    def give_back(self) -> None:
        """Leave the terminal as it was; what was typed and not read is forgotten."""
        if self._reader is not None:
            self._reader.kill()
            self._reader = None
        if self._before is not None:
            last_words.remove(self._restore)
            self._restore()
            self._before = None

    def sent(self, data: bytes) -> None:
        """Take what the terminal has sent, if somebody else has read it."""
        keys, self._rest = keys_in(self._rest + data.decode(errors="replace"), self._names)
        for key in keys:
            self._on_key(key)

    def _restore(self) -> None:
        with suppress(termios.error):  # the terminal is gone
            termios.tcflush(self._terminal, termios.TCIFLUSH)
            termios.tcsetattr(self._terminal, termios.TCSANOW, self._before or [])

    def _read(self) -> None:
        while True:
            wait_read(self._terminal)
            try:
                data = os.read(self._terminal, 1024)
            except OSError:
                data = b""
            if not data:
                self._on_key(GONE)
                return
            self.sent(data)
