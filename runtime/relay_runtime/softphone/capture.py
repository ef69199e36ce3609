"""Takes what this process and its children print, so that it does not get into the middle of a line being typed."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, Self

from gevent.hub import get_hub
from gevent.threadpool import ThreadPool

__all__ = ["Capture"]

_PIECE: Final = 65536
_OUTPUTS: Final = (1, 2)


class Capture:
    """Has stdout and stderr go to a function, line by line, while the block lasts.

    They are read in a thread, so that a program that prints without end and lets nobody else run still gets rid of it.

    Args:
        told: called with each line, in the hub of whoever enters the block.

    Attributes:
        write: writes a text to where stdout went before.
    """

    def __init__(self, told: Callable[[str], object]) -> None:
        self._told = told
        self._loop: Any = None
        self._saved: list[int] = []
        self._pool: Any = None
        self._rest = ""

    def __enter__(self) -> Self:
        _flush()
        self._loop = get_hub().loop
        self._saved = [os.dup(output) for output in _OUTPUTS]
        reads, writes = os.pipe()
        for output in _OUTPUTS:
            os.dup2(writes, output)
        os.close(writes)
        self._pool = ThreadPool(1)
        self._pool.spawn(self._read, reads)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _flush()
        for output, saved in zip(_OUTPUTS, self._saved, strict=True):
            os.dup2(saved, output)
            os.close(saved)
        self._saved = []

    def write(self, text: str) -> None:
        """Write to where stdout went before; a terminal that takes nothing holds the writer up."""
        output = self._saved[0] if self._saved else _OUTPUTS[0]
        data = text.encode(errors="backslashreplace")
        while data:
            data = data[os.write(output, data) :]

    def _read(self, descriptor: int) -> None:
        """Hand on what is printed; runs in the thread."""
        while piece := os.read(descriptor, _PIECE):
            self._loop.run_callback_threadsafe(self._got, piece)
        os.close(descriptor)

    def _got(self, piece: bytes) -> None:
        *lines, self._rest = (self._rest + piece.decode(errors="replace")).split("\n")
        for line in lines:
            self._told(line.rstrip("\r"))


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
