"""The control socket of a process: it answers whoever may open it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gevent
from gevent import socket
from gevent.server import StreamServer

from relay_actors.kit.log import logger
from relay_runtime.inspection.places import listen_on
from relay_runtime.inspection.protocol import LONGEST_REQUEST, Problem, Request, decode_request, encode
from relay_runtime.inspection.trace import Stream

__all__ = ["ControlServer"]

_AT_ONCE = 32  # connections
_PATIENCE = 10.0  # seconds for a request to arrive, and for each line of an answer to be taken


class ControlServer:
    """Listens on a socket that only its owner can open, and serves each connection in a greenlet.

    Args:
        path: where.
        answer: returns what answers a request: a value that has a JSON form, or a `Stream`. It raises `Problem` for
            what can't be served, and may block the current greenlet for a bounded time.
    """

    def __init__(self, path: Path, answer: Callable[[Request], Any]) -> None:
        self.path = path
        self._answer = answer
        self._server: StreamServer | None = None
        self._inode = 0

    def start(self) -> None:
        """Begin to listen.

        Raises:
            PlaceError: the socket can't be had.
        """
        listener = listen_on(self.path)
        self._inode = os.lstat(self.path).st_ino
        self._server = StreamServer(listener, self._serve, spawn=_AT_ONCE)
        self._server.start()

    def stop(self) -> None:
        """Listen no more, and end what is being answered. Blocks the current greenlet for a moment."""
        server, self._server = self._server, None
        if server is None:
            return
        server.stop(timeout=0)
        try:
            if os.lstat(self.path).st_ino == self._inode:
                self.path.unlink()
        except OSError:
            pass  # somebody has removed it already

    def _serve(self, sock: socket.socket, _: object) -> None:
        try:
            sock.settimeout(_PATIENCE)
            line = _read_line(sock)
            if line:
                self._reply(sock, line)
        except (OSError, gevent.Timeout):
            pass  # whoever asked has gone
        finally:
            sock.close()

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


def _read_line(sock: socket.socket) -> bytes:
    """Return a request's line; empty when there is none in time, or it is too long."""
    data = b""
    with gevent.Timeout(_PATIENCE):
        while b"\n" not in data and len(data) <= LONGEST_REQUEST:
            piece = sock.recv(4096)
            if not piece:
                return b""
            data += piece
    return data.partition(b"\n")[0] if b"\n" in data else b"{"


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
