"""A socket that speaks WebSocket bytes, broken ones too."""

from __future__ import annotations

import base64
import os
import struct
from typing import Any

from gevent import socket
from websockets.frames import Frame, Opcode

LIMIT = 60.0


class Wire:
    """A socket that speaks WebSocket bytes, broken ones too."""

    def __init__(
        self, authority: str, path: str = "/", key: str | None = None, version: str = "HTTP/1.1", extra: str = ""
    ) -> None:
        host, port = authority.split(":")
        self.socket = socket.create_connection((host, int(port)), timeout=LIMIT)
        key = base64.b64encode(os.urandom(16)).decode() if key is None else key
        self.socket.sendall(
            f"GET {path} {version}\r\nHost: {authority}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n{extra}\r\n".encode()
        )
        self.reader = self.socket.makefile("rb")
        self.status = self.reader.readline().decode().strip()
        while self.reader.readline() not in {b"\r\n", b""}:
            pass

    def send(self, opcode: Opcode, data: bytes, *, fin: bool = True, mask: bool = True) -> Any:
        self.socket.sendall(Frame(opcode, data, fin=fin).serialize(mask=mask))

    def frame(self) -> tuple[int | None, bytes]:
        """Read one frame as (opcode, payload); (None, b"") at the end."""
        head = self.reader.read(2)
        if len(head) < 2:
            return None, b""
        length = head[1] & 0x7F
        if length == 126:
            length = struct.unpack("!H", self.reader.read(2))[0]
        elif length == 127:
            length = struct.unpack("!Q", self.reader.read(8))[0]
        return head[0] & 0x0F, self.reader.read(length)

    def close_code(self) -> int:
        opcode, payload = self.frame()
        while opcode not in {8, None}:
            opcode, payload = self.frame()
        assert opcode == 8, "the connection ended without a close frame"
        assert self.frame() == (None, b"")
        return int.from_bytes(payload[:2], "big")
