"""Hands results of threads over to the hub while a test owns the time: it is not the machine that says which is first.

The results of gevent's thread pools are handed over in the order in which the work was begun, not in that in which the
threads ended, and the time stands still until each is there. Work that waits for the result of work begun later
gets it all the same, after some real seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from gevent.threadpool import ThreadResult

__all__ = ["Handover", "Handovers"]

_PATIENCE: Final = 2.0
"""Real seconds for which a result waits for those of work that was begun earlier."""


class Handover:
    """A watcher by which another thread wakes the hub; that of a pool's work waits for its turn."""

    def __init__(self, handovers: Handovers, watcher: Any) -> None:
        self._handovers = handovers
        self._watcher = watcher
        self._due: Callable[[], object] | None = None
        self.arrived = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._watcher, name)

    def start(self, callback: Callable[..., object], *args: Any) -> None:
        """Have ``callback(*args)`` called in the hub when another thread says so."""
        if isinstance(getattr(callback, "__self__", None), ThreadResult):
            self._due = callback
            self._watcher.start(self._arrive)
            self._handovers.begin(self)
        else:
            self._watcher.start(callback, *args)

    def _arrive(self) -> None:
        self.arrived = True
        self._handovers.deliver()

    def hand_over(self) -> None:
        """Call what waits for it."""
        due, self._due = self._due, None
        if due is not None:
            due()

    def stop(self) -> None:
        """Wake nobody any more."""
        self._watcher.stop()
        self._handovers.forget(self)

    def close(self) -> None:
        """As `stop`, for good."""
        self.stop()
        self._watcher.close()


class Handovers:
    """The results of threads that are awaited.

    Args:
        loop: the hub's own loop.
        hold: called when the first is awaited.
        release: called when none is any more.
    """

    def __init__(self, loop: Any, hold: Callable[[], object], release: Callable[[], object]) -> None:
        self._loop = loop
        self._hold = hold
        self._release = release
        self._awaited: dict[Handover, None] = {}  # in the order in which the work was begun
        self._patience: Any = loop.timer(_PATIENCE)

    def watcher(self, watcher: Any) -> Handover:
        """Return a watcher of the loop as one of these."""
        return Handover(self, watcher)

    def begin(self, handover: Handover) -> None:
        """Await one more."""
        if not self._awaited:
            self._hold()
        self._awaited[handover] = None

    def forget(self, handover: Handover) -> None:
        """Await it no more; what has waited for it is handed over soon."""
        if handover in self._awaited:
            del self._awaited[handover]
            if not self._awaited:
                self._patience.stop()
                self._release()
            else:
                self._loop.run_callback(self.deliver)

    def deliver(self) -> None:
        """Hand over what has arrived and is next in turn."""
        while self._awaited and (first := next(iter(self._awaited))).arrived:
            self._patience.stop()
            first.hand_over()
            self.forget(first)
        if any(each.arrived for each in self._awaited) and not self._patience.active:
            self._patience.start(self._lose_patience)

    def _lose_patience(self) -> None:
        for each in [each for each in self._awaited if each.arrived]:
            each.hand_over()
            self.forget(each)
