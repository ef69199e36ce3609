"""Takes what this process and its children print, so that it does not get into the middle of a line being typed."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, Self

from gevent.hub import get_hub

from relay_actors.kit.native import allocate_lock, start_thread

__all__ = ["Capture"]

_PIECE: Final = 65536
_OUTPUTS: Final = (1, 2)
_PATIENCE: Final = 1.0  # seconds that the end waits for children, which may hold the output open


class Capture:
    """Has stdout and stderr go to a function, line by line, while the block lasts.

    They are read in a thread, so that a program that prints without end and lets nobody else run still gets rid of it.

    Args:
        told: called with each line, in the hub of whoever enters the block; at the end of the block with the rest.

    Attributes:
        write: writes a text to where stdout went before.
    """

    def __init__(self, told: Callable[[str], object]) -> None:
        self._told = told
        self._loop: Any = None
        self._saved: list[int] = []
        self._pieces: deque[bytes] = deque()
        self._over = allocate_lock()
        self._rest = ""

    def __enter__(self) -> Self:
        _flush()
        self._loop = get_hub().loop
        self._saved = [os.dup(output) for output in _OUTPUTS]
        reads, writes = os.pipe()
        for output in _OUTPUTS:
            os.dup2(writes, output)
        os.close(writes)
        self._over.acquire()
        start_thread(self._read, (reads,))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def end(self) -> None:
        """Have stdout and stderr go where they went before, and tell what was printed.

        In any thread, which it blocks for a second at most. Without effect when it was done before.
        """
        if not self._saved:
            return
        _flush()
        saved, self._saved = self._saved, []
        for output, before in zip(_OUTPUTS, saved, strict=True):
            os.dup2(before, output)
            os.close(before)
        self._over.acquire(True, _PATIENCE)
        self._tell()
        if self._rest:
            self._told(self._rest)
            self._rest = ""

    def write(self, text: str) -> None:
        """Write to where stdout went before; a terminal that takes nothing holds the writer up."""
        output = self._saved[0] if self._saved else _OUTPUTS[0]
        data = text.encode(errors="backslashreplace")
        while data:
            data = data[os.write(output, data) :]

    def _read(self, descriptor: int) -> None:
        """Hand on what is printed; runs in the thread."""
        while piece := os.read(descriptor, _PIECE):
            self._pieces.append(piece)
            if self._saved:
                self._loop.run_callback_threadsafe(self._tell)
        os.close(descriptor)
        self._over.release()

    def _tell(self) -> None:
        while self._pieces:
            *lines, self._rest = (self._rest + self._pieces.popleft().decode(errors="replace")).split("\n")
            for line in lines:
                self._told(line.rstrip("\r"))


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
