"""The sockets of this process: a child that is forked from it gives them up without a word.

They are shared with the parent. A closing handshake, TLS's goodbye or ``shutdown(2)`` would end its connection:
``close(2)`` takes nothing but the child's own number for it.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any, Final, Protocol
from weakref import WeakSet

from gevent.socket import socket

from relay_actors.kit.fork import in_child, keep

__all__ = ["Stream", "own"]

_sockets: Final[WeakSet[socket]] = WeakSet()


class Stream(Protocol):
    """What a WebSocket needs of its socket; errors are those of a socket of gevent's."""

    def recv(self, size: int, /) -> bytes:
        """Return some bytes, none at the end. Blocks the current greenlet until there are any."""

    def send(self, data: Any, /) -> int:
        """Send some bytes; return how many. Blocks the current greenlet until there is room."""

    def sendall(self, data: bytes, /) -> None:
        """Send all bytes. Blocks the current greenlet until there is room."""

    def close(self) -> None:
        """Close it. Never blocks."""


def own(sock: socket) -> None:
    """Note that a socket belongs to this process, and to no child of it."""
    _sockets.add(sock)


def _leave() -> None:
    """Give the sockets up, in a child."""
    for sock in list(_sockets):
        keep(sock)  # its objects still name the greenlets that wait for it
        _give_up(sock)
    _sockets.clear()


def _give_up(sock: Any) -> None:
    # Not by its own close(): that has the hub raise an error in whoever waits for it.
    for watcher in (sock._read_event, sock._write_event):
        if watcher is not None:
            keep((watcher.callback, watcher.args))
            with suppress(ValueError):  # its loop has gone with its thread
                watcher.stop()
    with suppress(OSError):  # it was closed
        number = sock._sock.detach()
        if number >= 0:  # gevent's own close, where it has patched, raises a ValueError for another
            os.close(number)


in_child(_leave)
