"""Stands before the event loop of a hub: what a test's time has not of its own is the loop's."""

from __future__ import annotations

from typing import Any

__all__ = ["LoopProxy"]


class LoopProxy:
    """Hands everything on to a loop; a subclass has its own timers.

    Args:
        loop: the loop.

    Attributes:
        real_timer: makes a timer of the machine's time, for what watches the machine.
    """

    def __init__(self, loop: Any) -> None:
        self._loop = loop
        self.real_timer = loop.timer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loop, name)

    @property
    def error_handler(self) -> Any:
        """Who is told of errors in callbacks; a hub sets it."""
        return self._loop.error_handler

    @error_handler.setter
    def error_handler(self, handler: Any) -> None:
        self._loop.error_handler = handler
