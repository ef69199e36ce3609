"""The WebSocket protocol of one client connection: websockets' Sans-I/O layer with three things of our own.

It joins fragments and checks UTF-8, which the layer leaves to its user; it draws masks in blocks, since a
system call a frame costs more than the frame; and it writes frames into the connection's write buffer at
once.
"""

from __future__ import annotations

import logging
import struct
from collections import deque
from typing import Protocol

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.uri import WebSocketURI

from relay_actors.ids import random_bytes
from relay_runtime.websocket.messages import MessageAssembler

try:
    from websockets.speedups import apply_mask
except ImportError:  # a platform for which websockets ships no compiled wheel
    from websockets.utils import apply_mask

_FIN = 0x80
_MASKED = 0x80
TEXT_FRAME = _FIN | Opcode.TEXT
BINARY_FRAME = _FIN | Opcode.BINARY
_PONG = Opcode.PONG
_CLOSE = Opcode.CLOSE
_short_header = struct.Struct("!BB4s").pack
_medium_header = struct.Struct("!BBH4s").pack
_long_header = struct.Struct("!BBQ4s").pack

# Not registered, so that no logging configuration reaches it: at the level DEBUG websockets logs frames with
# their payload, and the first frame of every connection holds the token.
_silent = logging.Logger("relay_runtime.websocket.silent", level=logging.CRITICAL + 1)


class FrameBuffer(Protocol):
    """Where frames go that are to be written."""

    @property
    def full(self) -> bool:
        """Tell whether more is waiting than is allowed."""

    def append(self, header: bytes, payload: bytes) -> None:
        """Take one frame."""


class FrameProtocol(ClientProtocol):
    """Speak the client's side of RFC 6455, with whole messages in and masked frames out.

    Args:
        uri: The server and the request target.
        frames: Where frames go that are to be written, replies to pings and close frames too.
        max_size: Largest message that is accepted, in bytes of payload over all its fragments.

    Attributes:
        messages: Messages received and not yet taken, oldest first.
    """

    def __init__(self, uri: WebSocketURI, frames: FrameBuffer, *, max_size: int) -> None:
        super().__init__(uri, max_size=max_size, logger=_silent)
        self._frames = frames
        self._assembler = MessageAssembler()
        self.messages: deque[str | bytes] = self._assembler.messages

    def append(self, head: int, data: bytes) -> None:
        """Write a whole frame; the caller has made sure that the connection is open.

        Args:
            head: First byte of the frame, ``TEXT_FRAME`` or ``BINARY_FRAME``.
            data: Payload, UTF-8 for a text.
        """
        mask = random_bytes(4)
        length = len(data)
        if length < 126:
            header = _short_header(head, _MASKED | length, mask)
        elif length < 65536:
            header = _medium_header(head, _MASKED | 126, length, mask)
        else:
            header = _long_header(head, _MASKED | 127, length, mask)
        self._frames.append(header, apply_mask(data, mask))

    def send_frame(self, frame: Frame) -> None:
        """Write a control frame that websockets made; overrides its serialisation."""
        frame.check()
        if frame.opcode is _PONG and self._frames.full:
            # RFC 6455, section 5.5.3 lets an endpoint skip pongs; a peer that pings and does not read must
            # not make the buffer grow without end.
            return
        self.append(_FIN | frame.opcode, bytes(frame.data))

    def recv_frame(self, frame: Frame) -> None:
        """Take a frame that websockets parsed; bad UTF-8 fails here, before the next frame is parsed."""
        if frame.opcode is _CLOSE:
            # A control frame may come between two fragments (RFC 6455, section 5.4), a close frame too; websockets
            # takes one there for an error unless no message is under way.
            self.current_size = None
            self.cur_size: int | None = None  # the same, as websockets 15 calls it
        super().recv_frame(frame)
        self.events.clear()  # it keeps every frame for events_received(), which nobody calls
        self._assembler.add(frame)
