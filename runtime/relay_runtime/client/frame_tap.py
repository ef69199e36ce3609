"""Looking at the frames of a client as they pass, without standing in their way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal

from relay_actors.kit.guard import OnlookerGuard
from relay_actors.session.transport import Connector, Transport

__all__ = ["Direction", "FrameTap", "Watcher"]

Direction = Literal["in", "out"]
Watcher = Callable[[Direction, "str | bytes"], None]
"""Called with each frame in the greenlet that reads or sends it: must not block. What it raises is logged."""

_NOBODY: Final = None


class FrameTap:
    """Where frames can be watched, over all connections of one client.

    A connection pays one attribute check a frame while nobody watches.
    """

    def __init__(self) -> None:
        self._watchers: tuple[Watcher, ...] = ()
        self._transport: Any = None
        self._guarded = OnlookerGuard("a watcher of frames")

    def through(self, connector: Connector) -> Connector:
        """Return a connector whose connections can be watched here."""

        def connect() -> Transport:
            transport = connector()
            self._transport = transport
            self._set()
            return transport

        return connect

    def watch(self, watcher: Watcher) -> Callable[[], None]:
        """Have a watcher see every frame from now on, in the greenlet that reads or sends it; return what ends that.

        Never blocks.
        """
        self._watchers = (*self._watchers, watcher)
        self._set()

        def stop() -> None:
            self._watchers = tuple(each for each in self._watchers if each is not watcher)
            self._set()

        return stop

    def _set(self) -> None:
        if self._transport is not None:
            self._transport.tap = self._see if self._watchers else _NOBODY

    def _see(self, direction: Direction, frame: str | bytes) -> None:
        for watcher in self._watchers:
            self._guarded(watcher, direction, frame)
