"""Serves the connections of a listener so that nobody who says nothing, or reads nothing, keeps others out.

A bounded number is served at once. The listener never waits for room: whoever is new takes the place of the oldest
connection whose request is still awaited; without such a one, that of the oldest of all.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import gevent
from gevent import socket
from gevent.pool import Pool
from gevent.server import StreamServer
from loguru import logger

__all__ = ["Connections", "Dropped"]

_LINGER: Final = 1.0
"""Seconds in which the other side may take the answer before the connection is closed."""
_UNREAD: Final = 64 * 1024
"""Bytes behind the request that are read for the sake of the answer: closing before them would reset it."""
_LONGEST_END: Final = 4
"""Bytes of what ends a request, at most: what was looked at before is not looked at again."""


class Dropped(gevent.GreenletExit):
    """Ends a connection that brought no request, or has to make room; the text says why."""


class Connections:
    """Accepts connections, reads one request of each in a greenlet of its own, and has it answered.

    Args:
        listener: where to listen: (host, port), or a socket that listens.
        answer: gets the connection and its request, and blocks its greenlet for a bounded time. An OSError or a
            gevent.Timeout that leaves it, and `Dropped`, end the connection.
        end: what ends a request, four bytes at most.
        longest: how many bytes a request may have; one without an end is handed over as it stands then.
        patience: seconds for the whole request to arrive.
        at_once: how many connections are served at the same time.
    """

    def __init__(
        self,
        listener: tuple[str, int] | socket.socket,
        answer: Callable[[socket.socket, bytes], None],
        *,
        end: re.Pattern[bytes],
        longest: int,
        patience: float,
        at_once: int,
    ) -> None:
        self._answer = answer
        self._end = end
        self._longest = longest
        self._patience = patience
        self._at_once = at_once
        self._silent: dict[Any, None] = {}  # greenlets whose request is awaited, oldest first
        self._asked: dict[Any, None] = {}  # those that answer
        self._server = StreamServer(listener, self._serve, spawn=Pool())

    def start(self) -> None:
        """Begin to listen. Never blocks.

        Raises:
            OSError: the address can't be had.
        """
        self._server.start()

    def stop(self, timeout: float) -> None:
        """Listen no more, and end what is still served after ``timeout`` seconds. Blocks the current greenlet."""
        self._server.stop(timeout=timeout)

    @property
    def port(self) -> int:
        """The port it listens on; 0 for a socket that has none."""
        return int(self._server.server_port or 0)

    def _serve(self, sock: socket.socket, address: Any) -> None:
        here = gevent.getcurrent()
        self._make_room()
        self._silent[here] = None
        try:
            request = self._read(sock)
            self._silent.pop(here, None)
            self._asked[here] = None
            self._answer(sock, request)
            _linger(sock)
        except Dropped as why:
            logger.debug("a connection{} was dropped: {}", _from(address), why)
        except (OSError, gevent.Timeout):
            pass  # whoever asked has gone, or takes no answer
        finally:
            self._silent.pop(here, None)
            self._asked.pop(here, None)
            sock.close()

    def _make_room(self) -> None:
        if len(self._silent) + len(self._asked) >= self._at_once:
            oldest = next(iter(self._silent or self._asked))
            self._silent.pop(oldest, None)
            self._asked.pop(oldest, None)
            oldest.kill(Dropped("a newer one took its place"), block=False)

    def _read(self, sock: socket.socket) -> bytes:
        """Return a request, and what came along with it.

        Raises:
            Dropped: there is none.
        """
        data, looked = b"", 0
        with gevent.Timeout(self._patience, Dropped(f"no request came within {self._patience:g} s")):
            while len(data) < self._longest and not self._end.search(data, max(0, looked - _LONGEST_END)):
                looked = len(data)
                try:
                    piece = sock.recv(self._longest - len(data))
                except OSError as error:
                    raise Dropped(f"no request came: {error.strerror or error}") from None
                if not piece:
                    raise Dropped("no request came: it was closed")
                data += piece
        return data


def _linger(sock: socket.socket) -> None:
    """Say that no more comes, and let the other side take the answer; what it sends meanwhile is not looked at.

    Raises:
        gevent.Timeout: it does not close.
    """
    sock.shutdown(socket.SHUT_WR)
    left = _UNREAD
    with gevent.Timeout(_LINGER):
        while left > 0 and (piece := sock.recv(left)):
            left -= len(piece)


def _from(address: Any) -> str:
    return f" from {address[0]}" if isinstance(address, tuple) else ""
