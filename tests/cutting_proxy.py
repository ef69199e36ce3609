"""A proxy between client and sandbox, in their process, that cuts the connection at an exact WebSocket frame."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import gevent

from relay_runtime import websocket
from relay_runtime.client import way
from relay_runtime.sandbox import Sandbox
from relay_runtime.testing.memory_socket import MemorySocket, socket_pair


class FrameCounter:
    """Splits a stream into the HTTP handshake and WebSocket frames (RFC 6455 section 5.2)."""

    def __init__(self) -> None:
        self._buffer = b""
        self._shaken = False

    def feed(self, data: bytes) -> list[bytes]:
        """Return the whole pieces that ``data`` completes: the handshake first, then frame by frame."""
        self._buffer += data
        pieces = []
        while (size := self._size()) is not None and len(self._buffer) >= size:
            pieces.append(self._buffer[:size])
            self._buffer = self._buffer[size:]
        return pieces

    def _size(self) -> int | None:
        if not self._shaken:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return None
            self._shaken = True
            return end + 4
        if len(self._buffer) < 2:
            return None
        masked, length = self._buffer[1] & 0x80, self._buffer[1] & 0x7F
        head = 2 + {126: 2, 127: 8}.get(length, 0)
        if len(self._buffer) < head:
            return None
        if length >= 126:
            length = int.from_bytes(self._buffer[2:head], "big")
        return head + (4 if masked else 0) + length


class CuttingProxy:
    """Forwards frames; cuts the first connection at frame number ``cut_at`` (None: never).

    Frames of both directions are counted as they pass, handshakes left out.
    """

    def __init__(self, sandbox: Sandbox, cut_at: int | None = None, *, forward_last: bool = False) -> None:
        self._sandbox = sandbox
        self._cut_at = cut_at
        self._forward_last = forward_last
        self.frames = 0
        self.connections = 0
        self.cuts = 0

    @contextmanager
    def between(self) -> Iterator[None]:
        """Have every connection that a client opens meanwhile lead through the proxy."""
        with way.reach(lambda url, **options: websocket.connect(url, dial=self._dial, **options)):
            yield

    def _dial(self) -> MemorySocket:
        theirs, client = socket_pair()
        server, sandbox = socket_pair()
        self._sandbox.serve_connection(sandbox)
        gevent.spawn(self._serve, client, server)
        return theirs

    def _serve(self, client: MemorySocket, server: MemorySocket) -> None:
        self.connections += 1
        counted = self.connections == 1
        pumps = [
            gevent.spawn(self._pump, client, server, counted),
            gevent.spawn(self._pump, server, client, counted),
        ]
        try:
            gevent.joinall(pumps, count=1)
        finally:
            for end in (client, server):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
            gevent.killall(pumps)
            client.close()
            server.close()

    def _pump(self, source: Any, sink: Any, counted: bool) -> None:
        counter = FrameCounter()
        shaken = False
        while data := _read(source):
            for piece in counter.feed(data):
                if not shaken:
                    shaken = True
                elif counted:
                    if self.frames == self._cut_at:
                        self.frames += 1
                        self.cuts += 1
                        if self._forward_last:
                            sink.sendall(piece)
                        return
                    self.frames += 1
                try:
                    sink.sendall(piece)
                except OSError:
                    return


def _read(source: Any) -> bytes:
    try:
        return source.recv(65536)
    except OSError:
        return b""
