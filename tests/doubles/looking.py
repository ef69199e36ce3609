"""A browser without a window: it opens the page of a phone by its URL, keeps its cookie, and reads its WebSocket."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import gevent
from doubles.wire import LIMIT, Wire
from gevent import socket
from websockets.frames import Opcode

__all__ = ["Looking", "fetch"]


def fetch(authority: str, path: str = "/", method: str = "GET", **headers: str) -> tuple[str, dict[str, str], str]:
    """Return the status, the headers and the body of an answer."""
    host, port = authority.split(":")
    told = {"Host": authority, "Connection": "close", **headers}
    with socket.create_connection((host, int(port)), timeout=LIMIT) as connection:
        lines = "".join(f"{name}: {value}\r\n" for name, value in told.items() if value)
        connection.sendall(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode())
        data = b""
        while piece := connection.recv(65536):
            data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    status, *rest = head.decode().split("\r\n")
    return status.partition(" ")[2], dict(line.split(": ", 1) for line in rest), body.decode()


class Looking:
    """One browser.

    Args:
        url: what was printed.

    Attributes:
        told: the messages that came.
    """

    def __init__(self, url: str) -> None:
        self.authority = urlsplit(url).netloc
        status, headers, self.page = fetch(self.authority, f"/?{urlsplit(url).query}")
        assert status == "200 OK", self.page
        self.cookie = headers["Set-Cookie"].partition(";")[0]
        self.told: list[dict[str, Any]] = []
        self._wire: Wire | None = None
        self._reading: gevent.Greenlet[..., None] | None = None

    def opens(self, path: str = "/socket", origin: str | None = None, cookie: str | None = None) -> str:
        """Open the WebSocket, and return the status line of the answer."""
        origin = f"http://{self.authority}" if origin is None else origin
        extra = f"Cookie: {self.cookie if cookie is None else cookie}\r\n" + (f"Origin: {origin}\r\n" if origin else "")
        self._wire = Wire(self.authority, path, extra=extra)
        if " 101 " in self._wire.status:
            self._reading = gevent.spawn(self._read, self._wire)
        return self._wire.status

    def _read(self, wire: Wire) -> None:
        while True:
            opcode, data = wire.frame()
            if opcode != Opcode.TEXT:
                return
            self.told.append(json.loads(data))

    def orders(self, order: dict[str, Any] | str) -> None:
        assert self._wire is not None
        self._wire.send(Opcode.TEXT, (order if isinstance(order, str) else json.dumps(order)).encode())

    def last(self, kind: str) -> dict[str, Any] | None:
        """Return the newest message of a type."""
        return next((each for each in reversed(self.told) if each["type"] == kind), None)

    def hears(self, holds: Callable[[dict[str, Any]], object], limit: float = LIMIT) -> dict[str, Any]:
        """Return the first message for which something holds; blocks until there is one."""
        with gevent.Timeout(limit, AssertionError(f"not told so: {self.told[-5:]}")):
            while not (found := [each for each in self.told if holds(each)]):
                gevent.sleep(0.005)
        return found[0]

    def close(self) -> None:
        if self._reading is not None:
            self._reading.kill()
        if self._wire is not None:
            self._wire.reader.close()
            self._wire.socket.close()
