"""The WebSocket protocol of one client connection: websockets' Sans-I/O layer with three things of our own.

It joins fragments and checks UTF-8, which the layer leaves to its user; it draws masks in blocks, since a
system call a frame costs more than the frame; and it writes frames into the connection's write buffer at
once.

Almost every frame that comes is a text in one piece. Those are read here; every other frame, and whatever is
wrong with one, is left to websockets, which is handed whole frames (RFC 6455, section 5.2).
"""

from __future__ import annotations

import logging
import struct
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import WebSocketURI

from relay_actors.kit import clock
from relay_actors.kit.chance import random_bytes
from relay_runtime.websocket.messages import MessageAssembler

try:
    from websockets.speedups import apply_mask
except ImportError:  # a platform for which websockets ships no compiled wheel
    from websockets.utils import apply_mask

_FIN = 0x80
_MASKED = 0x80
TEXT_FRAME = _FIN | Opcode.TEXT
BINARY_FRAME = _FIN | Opcode.BINARY
_WHOLE_TEXT: Final = 0x81
_WHOLE_CONT: Final = 0x80
_CONT: Final = 0x00
_FIRST_FRAGMENTS: Final = frozenset({0x01, 0x02})
_KNOWN: Final = frozenset({0x00, 0x01, 0x02, 0x80, 0x81, 0x82, 0x88, 0x89, 0x8A})
_PONG = Opcode.PONG
_CLOSE = Opcode.CLOSE
_short_header = struct.Struct("!BB4s").pack
_medium_header = struct.Struct("!BBH4s").pack
_long_header = struct.Struct("!BBQ4s").pack
_long_length = struct.Struct("!Q").unpack_from

# One pass over what came. A frame that websockets reads costs some 50 microseconds, a text in one piece less than one.
_PASS_STEPS: Final = 256
_PASS_SECONDS: Final = 0.002
_PIECE: Final = 32  # bytes of a step that websockets reads by itself: 16 frames at most
_TEXTS_SIZE: Final = 8192  # bytes of the texts that are read in one step
_PONGS: Final = 64  # that may wait for one write

# Not registered, so that no logging configuration reaches it: at the level DEBUG websockets logs frames with
# their payload, and the first frame of every connection holds the token.
_silent = logging.Logger("relay_runtime.websocket.silent", level=logging.CRITICAL + 1)
_OPEN: Final = State.OPEN


class FrameBuffer(Protocol):
    """Where frames go that are to be written."""

    @property
    def writes(self) -> int:
        """Count the writes that have begun: what is appended now leaves with the next one."""

    def append(self, chunks: list[bytes]) -> None:
        """Take the pieces of some frames, in order."""


class FrameProtocol(ClientProtocol):
    """Speak the client's side of RFC 6455, with whole messages in and masked frames out.

    Args:
        uri: The server and the request target.
        frames: Where frames go that are to be written, replies to pings and close frames too.
        max_size: Largest message that is accepted, in bytes of payload over all its fragments.
        clock: Monotonic seconds.

    Attributes:
        messages: Messages received and not yet taken, oldest first.
        unread: Whether the last pass left something that ``receive_data(b"")`` goes on with.
    """

    def __init__(
        self,
        uri: WebSocketURI,
        frames: FrameBuffer,
        *,
        max_size: int,
        clock: Callable[[], float] = clock.monotonic,
    ) -> None:
        super().__init__(uri, max_size=max_size, logger=_silent)
        self._frames = frames
        self._clock = clock
        self._assembler = MessageAssembler()
        self.messages: deque[str | bytes] = self._assembler.messages
        self.unread = False
        self._limit = max_size
        self._rest = bytearray()  # what the last pass has left, or the first bytes of a frame that is cut off
        self._missing = 0  # of such a frame: how many bytes are still to come, at least
        self._joining = False  # fragments of a message are under way
        self._joined = 0  # bytes of those that are there
        self._handed_over = False  # websockets gets all that comes, to the end
        self._pongs = 0  # that wait for a write
        self._pongs_of = 0  # the write before it

    def receive_data(self, data: bytes | bytearray | memoryview) -> None:
        """Make one pass over what came off the wire, cut anywhere; whole messages go to ``messages``.

        A pass is bounded, since a frame may be as short as two bytes: see `unread`.
        """
        if self._rest:
            self._rest += data
            self._missing -= len(data)
            if self._missing > 0 and self.state is _OPEN:
                return
            data, self._rest = self._rest, bytearray()
        self._missing = 0
        data = bytes(data)
        at = self._read_texts(data) if self.state is _OPEN else 0
        if at < len(data):
            at = self._read_others(data, at)
            if at < len(data):
                self._rest += data[at:]
        self.unread = at < len(data) and not self._missing

    def _read_others(self, data: bytes, at: int) -> int:
        """Read on from what is no text in one piece; return where the pass ends, or a frame that is cut off."""
        until = self._clock() + _PASS_SECONDS
        for _ in range(_PASS_STEPS):
            at = self._step(data, at)
            if at == len(data) or self._missing or (self._clock() >= until and self.state is not State.CONNECTING):
                break
        return at

    def _step(self, data: bytes, at: int) -> int:
        """Read some texts, one other frame, or a few bytes of what is left to websockets; return where that ends."""
        if self._handed_over or self.state is not _OPEN:
            # The response to the handshake comes by the line, so that websockets gets no byte of a frame with it.
            end = data.find(b"\n", at) + 1 if self.state is State.CONNECTING else at + _PIECE
            piece = data[at : end or None]
            super().receive_data(piece)
            return at + len(piece)
        after = self._read_texts(data, at)
        return after if after > at else self._read_frame(data, at)

    def _read_texts(self, data: bytes, at: int = 0) -> int:
        """Read texts in one piece from ``at`` on, so many bytes of them at most; return where it stopped."""
        if self._joining or self._handed_over:
            return at
        add, limit, end = self.messages.append, self._limit, len(data)
        stop = end - 4 if end - at < _TEXTS_SIZE else at + _TEXTS_SIZE
        while at < stop and data[at] == _WHOLE_TEXT:
            length = data[at + 1]
            begin = at + 2
            if length > 125:
                if length > 126:
                    break
                length = data[begin] << 8 | data[begin + 1]
                begin += 2
            if begin + length > end or length > limit:
                break
            try:
                add(str(data[begin : begin + length], "utf-8"))
            except UnicodeDecodeError:
                break
            at = begin + length
        return at

    def _read_frame(self, data: bytes, at: int) -> int:
        """Have websockets read one frame of any kind, if it is whole; return where the next begins.

        A frame that is wrong by its header is websockets' to refuse, before it is whole.
        """
        first = data[at]
        size, length = _frame_size(data, at)
        if first not in _KNOWN or length is None:
            self._handed_over = True
            return at
        if length > self._limit - self._joined:
            self._handed_over = True
            return at
        if at + size > len(data):
            self._missing = at + size - len(data)
            return at
        super().receive_data(data[at : at + size])
        if first in _FIRST_FRAGMENTS:
            self._joining, self._joined = True, length
        elif first == _WHOLE_CONT:
            self._joining, self._joined = False, 0
        elif first == _CONT:
            self._joined += length
        self._handed_over = self.state is not _OPEN
        return at + size

    def append(self, head: int, payloads: Sequence[bytes]) -> None:
        """Write whole frames of one kind; the caller has made sure that the connection is open.

        Args:
            head: First byte of each frame, ``TEXT_FRAME`` or ``BINARY_FRAME``.
            payloads: What they carry, UTF-8 for texts.
        """
        masks = random_bytes(4 * len(payloads))
        chunks: list[bytes] = []
        at = 0
        for data in payloads:
            mask = masks[at : at + 4]
            at += 4
            length = len(data)
            if length < 126:
                chunks.append(_short_header(head, _MASKED | length, mask))
            elif length < 65536:
                chunks.append(_medium_header(head, _MASKED | 126, length, mask))
            else:
                chunks.append(_long_header(head, _MASKED | 127, length, mask))
            chunks.append(apply_mask(data, mask))
        self._frames.append(chunks)

    def send_frame(self, frame: Frame) -> None:
        """Write a control frame that websockets made; overrides its serialisation."""
        frame.check()
        if frame.opcode is _PONG:
            # RFC 6455, section 5.5.3 lets an endpoint skip pongs; a peer that pings and does not read must
            # not make the buffer grow without end.
            if self._pongs_of != self._frames.writes:
                self._pongs_of, self._pongs = self._frames.writes, 0
            self._pongs += 1
            if self._pongs > _PONGS:
                return
        self.append(_FIN | frame.opcode, (bytes(frame.data),))

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


def _frame_size(data: bytes, at: int) -> tuple[int, int | None]:
    """Return the size of the frame that begins at ``at``, header included, and the length of its payload.

    Of a frame whose header is cut off, what is known of both; the length is None if it must not be read here: a server
    does not mask (RFC 6455, section 5.1).
    """
    if len(data) - at < 2:
        return 2, 0
    length = data[at + 1]
    if length & _MASKED:
        return 2, None
    if length < 126:
        return 2 + length, length
    header = 4 if length == 126 else 10
    if len(data) - at < header:
        return header, 0
    length = data[at + 2] << 8 | data[at + 3] if header == 4 else _long_length(data, at + 2)[0]
    return header + length, length
