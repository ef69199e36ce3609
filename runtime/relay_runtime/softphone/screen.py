"""A terminal that shows what comes above the line that is being typed, words as they are spoken."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Final

from rich.cells import cell_len

from relay_runtime.watch.escaping import escaped

__all__ = ["Screen"]

_PROMPT: Final = "> "
_CLEAR: Final = "\r\x1b[K"
_UP: Final = "\x1b[A"
_WIDEST: Final = 2  # columns of one character
_INDENT: Final = " " * 20


class Screen:
    """Lines that are complete scroll up; below them stands the one that is being spoken, if any, then the input.

    Args:
        write: writes to the terminal.
        width: returns its columns.
    """

    def __init__(self, write: Callable[[str], object], width: Callable[[], int]) -> None:
        self._write = write
        self._width = width
        self._input = ""
        self._spoken: Hashable = None
        self._row = ""  # of what is being spoken: its last row, which may grow
        self._said = 0  # characters of it that are on the screen
        self._has_row = False  # whether that row is drawn
        self._open = False

    def begin(self) -> None:
        """Show the line that is being typed from now on."""
        self._open = True
        self._draw("")

    def end(self) -> None:
        """Leave the terminal to others."""
        if self._open:
            self._close_row()
            self._write(_CLEAR)
            self._open = False

    def ring(self) -> None:
        """Have the terminal ring its bell."""
        self._write("\a")

    def type(self, text: str) -> None:
        """Show what is being typed."""
        self._input = text
        self._draw("")

    def show(self, line: str) -> None:
        """Show a line that is complete; what is being spoken goes on below it."""
        self._draw(self._close_row() + escaped(line) + "\n")

    def speak(self, key: Hashable, prefix: str, words: str) -> None:
        """Show words that are being spoken, as far as they were said.

        Args:
            key: tells what is spoken apart from other.
            prefix: what its first row begins with.
            words: all of it so far: what was shown, and more.
        """
        done = ""
        if key != self._spoken:
            done = self._close_row()
            self._spoken, self._said = key, 0
        words = escaped(words)
        new, self._said = words[self._said :], len(words)
        if new:
            self._row = (self._row or prefix) + new  # it has none if something else was shown meanwhile
        if new or done:
            self._draw(done + self._full_rows())

    def _full_rows(self) -> str:
        """Take what fills whole rows off the row that grows, and return it."""
        rows, limit = "", max(_WIDEST, self._width() - 1)
        while cell_len(self._row) > limit:
            cut = limit
            while cell_len(self._row[:cut]) > limit:
                cut -= 1
            space = self._row.rfind(" ", len(_INDENT), cut + 1)
            cut = space + 1 if space > 0 else cut
            rows += self._row[:cut].rstrip() + "\n"
            self._row = _INDENT + self._row[cut:] if limit > 2 * len(_INDENT) else self._row[cut:]
        return rows

    def _close_row(self) -> str:
        """Let the row that grows be complete, and return it."""
        row, self._row = self._row, ""
        return row.rstrip() + "\n" if row else ""

    def _draw(self, complete: str) -> None:
        if not self._open:
            if complete:
                self._write(complete)
            return
        erase = _CLEAR + _UP + _CLEAR if self._has_row else _CLEAR
        self._has_row = bool(self._row)
        row = self._row + "\n" if self._has_row else ""
        self._write(erase + complete + row + _PROMPT + self._visible_input())

    def _visible_input(self) -> str:
        """Return the end of the input that fits into one row."""
        room = max(0, self._width() - len(_PROMPT) - 1)
        text = escaped(self._input)
        while cell_len(text) > room:
            text = text[1:]
        return text
