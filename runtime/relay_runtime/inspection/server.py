"""The control socket of a process: it answers whoever may open it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import gevent
from gevent import socket

from relay_actors.kit.log import logger
from relay_runtime.inspection.places import listen_on
from relay_runtime.inspection.protocol import LONGEST_REQUEST, Problem, Request, decode_request, encode
from relay_runtime.inspection.trace import Stream
from relay_runtime.process.connections import Connections

__all__ = ["ControlServer"]

_AT_ONCE: Final = 32
"""Connections that are served at the same time, those that follow a call among them."""
_PATIENCE: Final = 10.0
"""Seconds for a request to arrive (somebody may type it), and for each line of an answer to be taken."""
_END_OF_LINE: Final = re.compile(rb"\n")


class ControlServer:
    """Listens on a socket that only its owner can open, and serves each connection in a greenlet (see `Connections`).

    Args:
        path: where.
        answer: returns what answers a request: a value that has a JSON form, or a `Stream`. It raises `Problem` for
            what can't be served, and may block the current greenlet for a bounded time.
    """

    def __init__(self, path: Path, answer: Callable[[Request], Any]) -> None:
        self.path = path
        self._answer = answer
        self._server: Connections | None = None
        self._inode = 0

    def start(self) -> None:
        """Begin to listen.

        Raises:
            PlaceError: the socket can't be had.
        """
        listener = listen_on(self.path)
        self._inode = os.lstat(self.path).st_ino
        self._server = Connections(
            listener, self._serve, end=_END_OF_LINE, longest=LONGEST_REQUEST, patience=_PATIENCE, at_once=_AT_ONCE
        )
        self._server.start()

    def stop(self) -> None:
        """Listen no more, and end what is being answered. Blocks the current greenlet for a moment."""
        server, self._server = self._server, None
        if server is None:
            return
        server.stop(0)
        try:
            if os.lstat(self.path).st_ino == self._inode:
                self.path.unlink()
        except OSError:
            pass  # somebody has removed it already

    def _serve(self, sock: socket.socket, data: bytes) -> None:
        sock.settimeout(_PATIENCE)
        line, end, _ = data.partition(b"\n")
        self._reply(sock, line if end else b"{")

    def _reply(self, sock: socket.socket, line: bytes) -> None:
        try:
            answer = self._answer(decode_request(line))
            reply = b"" if isinstance(answer, Stream) else encode({"ok": answer})
        except Problem as problem:
            sock.sendall(encode({"error": str(problem), "kind": problem.kind}))
            return
        except Exception as error:  # noqa: BLE001 - no request may end the process
            logger.opt(exception=True).error("a request on the control socket failed")
            sock.sendall(encode({"error": f"the process failed to answer: {type(error).__name__}", "kind": "failed"}))
            return
        if isinstance(answer, Stream):
            _follow(sock, answer)
        else:
            sock.sendall(reply)


def _follow(sock: socket.socket, stream: Stream) -> None:
    """Send what a stream brings until it ends or the other side goes."""

    def wait_for_goodbye() -> None:
        try:
            sock.settimeout(None)
            while sock.recv(4096):
                pass
        except OSError:
            pass
        finally:
            stream.close()

    reader = gevent.spawn(wait_for_goodbye)
    try:
        for item in stream:
            with gevent.Timeout(_PATIENCE):
                sock.sendall(encode({"item": item}))
    finally:
        stream.close()
        reader.kill()
