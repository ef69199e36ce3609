"""A socket in memory with the load server's switchboard behind it, so that one process holds both sides."""

import struct
from typing import Any

import msgspec
from gevent.event import Event
from websockets.protocol import State
from websockets.speedups import apply_mask
from websockets.uri import parse_uri

from benchmarks.load.switchboard import Incoming, Switchboard
from relay_runtime.websocket.connection import WebSocket
from relay_runtime.websocket.framing import FrameProtocol
from relay_runtime.websocket.writer import Writer

URI = "ws://127.0.0.1:1/"
WRITE_LIMIT = 16 * 2**20
MAX_SIZE = 2**20

_decode = msgspec.json.Decoder(Incoming).decode
_short = struct.Struct("!H").unpack_from


class LoopbackSocket:
    """What the client takes for a gevent socket: what it sends is answered at once, and read again."""

    def __init__(self, board: Switchboard) -> None:
        self._board = board
        self._incoming = bytearray()
        self._readable = Event()
        self._closed = False
        board.link = self

    # The client's side

    def recv(self, size: int) -> bytes:
        while not self._incoming and not self._closed:
            self._readable.clear()
            self._readable.wait()
        data = bytes(self._incoming[:size])
        del self._incoming[:size]
        return data

    def send(self, data: Any) -> int:
        data = bytes(data)
        at, end = 0, len(data)
        while at < end:
            length = data[at + 1] & 0x7F
            at += 2
            if length == 126:
                (length,) = _short(data, at)
                at += 2
            payload = apply_mask(data[at + 4 : at + 4 + length], data[at : at + 4])
            at += 4 + length
            self._board.receive(_decode(payload))
        self._board.flush()
        return end

    def close(self) -> None:
        self._closed = True
        self._readable.set()

    # The switchboard's side

    def write(self, data: bytes) -> None:
        self._incoming += data
        self._readable.set()

    def cut(self) -> None:
        self.close()


def connector(board: Switchboard) -> WebSocket:
    """Return an open WebSocket to a switchboard, without an opening handshake."""
    sock: Any = LoopbackSocket(board)
    writer = Writer(sock, limit=WRITE_LIMIT)
    protocol = FrameProtocol(parse_uri(URI), writer, max_size=MAX_SIZE)
    protocol.state = State.OPEN
    protocol.parser = protocol.parse()
    next(protocol.parser)
    return WebSocket(sock, protocol, writer, peer="loopback", close_timeout=1.0)
