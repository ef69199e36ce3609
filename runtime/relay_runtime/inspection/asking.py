"""Asking a running process over its control socket."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, TypeVar

import gevent
import msgspec
from gevent import socket

from relay_actors.kit import clock
from relay_runtime.inspection.places import is_answered
from relay_runtime.inspection.protocol import Request, decode_answer, encode

__all__ = ["Asker", "NotAnsweringError"]

T = TypeVar("T")

_PATIENCE: Final = 5.0  # seconds
_LOOK_AGAIN: Final = 0.1  # seconds


class NotAnsweringError(Exception):
    """Nobody listens, or whoever listens does not answer in time."""


class Asker:
    """Asks one process.

    Args:
        path: its control socket.
        patience: seconds to wait for an answer.
    """

    def __init__(self, path: Path, patience: float = _PATIENCE) -> None:
        self.path = path
        self._patience = patience

    def ask(self, request: Request, kind: type[T]) -> T:
        """Return the answer, as a value of a type. Blocks the current greenlet.

        Raises:
            Problem: the process can't serve it.
            NotAnsweringError: there is no answer.
        """
        with self._opened(request) as sock:
            line = self._line(sock, b"", self._patience)[0]
        try:
            return msgspec.convert(self._decoded(line), kind, strict=False)
        except msgspec.ValidationError as error:
            raise NotAnsweringError(
                f"the answer on {self.path} can't be read, as of another version of relay-runtime: {error}"
            ) from None

    def follow(self, request: Request) -> Iterator[Any]:
        """Give what comes, as it comes, until the process closes. Blocks the current greenlet in between.

        Raises:
            Problem: the process can't serve it.
            NotAnsweringError: nobody listens, or nothing comes at first: what can be followed says so at once.
        """
        with self._opened(request) as sock:
            sock.settimeout(None)
            rest = b""
            limit: float | None = self._patience
            while True:
                line, rest = self._line(sock, rest, limit)
                limit = None
                if not line:
                    return
                yield self._decoded(line)

    def wait_until_gone(self, timeout: float | None) -> bool:
        """Wait until nobody listens any more; return whether that came in time. Blocks the current greenlet."""
        deadline = clock.monotonic() + (math.inf if timeout is None else timeout)
        while is_answered(self.path):
            if clock.monotonic() >= deadline:
                return False
            gevent.sleep(_LOOK_AGAIN)
        return True

    def _opened(self, request: Request) -> socket.socket:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.settimeout(self._patience)
        try:
            sock.connect(str(self.path))
            sock.sendall(encode(request))
        except OSError as error:
            sock.close()
            raise NotAnsweringError(f"nobody answers on {self.path}: {error.strerror or error}") from None
        return sock

    def _line(self, sock: socket.socket, data: bytes, limit: float | None) -> tuple[bytes, bytes]:
        """Return the next line and what came behind it; an empty line at the end."""
        try:
            with gevent.Timeout(limit, TimeoutError()):
                while b"\n" not in data:
                    piece = sock.recv(65536)
                    if not piece:
                        return b"", b""
                    data += piece
        except TimeoutError:
            raise NotAnsweringError(
                f"the process on {self.path} does not answer within {limit:g} s: something blocks its hub, or it is "
                "stopped; its log may say more"
            ) from None
        except OSError:
            return b"", b""
        line, _, rest = data.partition(b"\n")
        return line, rest

    def _decoded(self, line: bytes) -> Any:
        if not line:
            raise NotAnsweringError(f"the process on {self.path} closed the connection without an answer")
        try:
            return decode_answer(line)
        except (ValueError, KeyError) as error:
            raise NotAnsweringError(f"what answers on {self.path} is no relay-runtime: {error}") from None
