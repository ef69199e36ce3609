"""Ctrl-C while code of the app lets nobody else run."""

from __future__ import annotations

import os
import termios
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, Self

from gevent.hub import get_hub
from gevent.monkey import get_original

from relay_actors.kit.native import allocate_lock, start_thread

__all__ = ["EmergencyExit"]

_LATE: Final = 1.0  # seconds after which a hub that does not run is blocked
_LOOK: Final = 0.1
_PATIENCE: Final = 1.0  # seconds that the end waits for the thread
_CTRL_C: Final = b"\x03"
_select: Final[Any] = get_original("select", "select")


class EmergencyExit:
    """Ends a process by Ctrl-C whose hub is blocked, while the block lasts.

    Signals are taken by the hub. When that has not run for a second, a thread reads what is typed until it runs again,
    with Ctrl-C as a key among others.

    Args:
        terminal: its file descriptor.
        sent: called with what was read and is not Ctrl-C, in the hub of whoever enters the block, once that runs.
        end: called at Ctrl-C, and when the terminal is gone, in the thread.
    """

    def __init__(self, terminal: int, sent: Callable[[bytes], object], end: Callable[[], object]) -> None:
        self._terminal = terminal
        self._sent = sent
        self._end = end
        self._loop: Any = None
        self._stop = allocate_lock()
        self._over = allocate_lock()
        self._runs = True

    def __enter__(self) -> Self:
        self._loop = get_hub().loop
        self._stop.acquire()
        self._over.acquire()
        start_thread(self._watch, ())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._runs = True
        self._stop.release()
        self._over.acquire(True, _PATIENCE)

    def _note(self) -> None:
        """Note that the hub runs; called by it."""
        self._runs = True

    # In the thread

    def _watch(self) -> None:
        while not self._stop.acquire(True, _LATE):
            if self._runs:
                self._runs = False
                self._loop.run_callback_threadsafe(self._note)
            else:
                self._read()
        self._over.release()

    def _read(self) -> None:
        """Read what is typed, until the hub runs again."""
        with suppress(termios.error, OSError):
            before = self._interrupt_by(bytes([os.fpathconf(self._terminal, "PC_VDISABLE")]))
            try:
                while not self._runs:
                    if _select([self._terminal], [], [], _LOOK)[0]:
                        self._take(os.read(self._terminal, 1024))
            finally:
                self._interrupt_by(before)
            return
        self._end()

    def _take(self, data: bytes) -> None:
        if not data or _CTRL_C in data:
            self._end()
        self._loop.run_callback_threadsafe(self._sent, data)

    def _interrupt_by(self, key: bytes) -> bytes:
        """Have another key send the signal of Ctrl-C, and return the one that did."""
        modes = termios.tcgetattr(self._terminal)
        before, modes[6][termios.VINTR] = modes[6][termios.VINTR], key
        termios.tcsetattr(self._terminal, termios.TCSANOW, modes)
        return bytes(before)
