"""The server end of a WebSocket: gevent-websocket 0.10.1 with its known defects guarded.

What that library leaves open and this module closes, each with a test of its own:

- no limit on a message: larger than ``frame_limit`` is closed with 1009;
- close codes are not packed: they are, in the two bytes RFC 6455 (5.5.1) asks for;
- bad UTF-8, a reserved opcode or bit, a bad fragment: 1007 and 1002 rather than an empty close;
- an unmasked client frame is accepted: closed with 1002 (RFC 6455, 5.1);
- two greenlets that send at once lose frames: one writer greenlet owns the sending side;
- a client that sends without a pause holds up all others: after some frames they have their turn;
- unmasking and the UTF-8 check are loops in Python: both are done in C.

The writer is joined before the handler returns: gevent can abort the process when a handler returns in the
turn of the loop in which another greenlet began to block on the same socket.
"""

from __future__ import annotations

import contextlib
import socket as stdlib_socket
import struct
from collections import deque
from typing import Any, Final

import gevent
from gevent import socket
from gevent.event import Event
from geventwebsocket.websocket import Stream, WebSocket
from loguru import logger

from relay_runtime.sandbox.ground.clock import now

try:
    from websockets.speedups import apply_mask
except ImportError:  # a build of websockets without its C part
    from websockets.utils import apply_mask

from relay_runtime.sandbox.ground.websocket_frames import server_frame

__all__ = ["GuardedWebSocket"]

NORMAL: Final = 1000
PROTOCOL_ERROR: Final = 1002
BAD_DATA: Final = 1007
TOO_BIG: Final = 1009
NO_STATUS: Final = 1005

_TEXT: Final = 0x1
_BINARY: Final = 0x2
_CONTINUATION: Final = 0x0
_CLOSE: Final = 0x8
_PING: Final = 0x9
_PONG: Final = 0xA

_WRITE_CHUNK: Final = 256 * 1024  # bytes joined into one send
_OUTBOX_LIMIT: Final = 64 * 1024 * 1024  # a client that reads nothing is dropped beyond this
_PONGS_LIMIT: Final = 64  # frames that wait, beyond which a ping is not answered (RFC 6455, 5.5.3)
_FRAMES_IN_A_ROW: Final = 16  # read between two turns of timers and other sockets
_MOMENT: Final = 1e-6  # a sleep that comes back behind those; one of 0 does not
_FLUSH_SECONDS: Final = 2.0  # for the writer to empty its queue when the connection ends
_LINGER_SECONDS: Final = 2.0  # for the client to read our close frame before the socket goes


class ViolationError(Exception):
    """The client broke RFC 6455; ``code`` is the close code it gets."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class TransportEndedError(Exception):
    """The transport ended in the middle of a frame, or was cut."""


class GuardedWebSocket(WebSocket):  # type: ignore[misc]
    """One connection: ``receive`` in its own greenlet, ``send`` from any, one writer.

    Args:
        environ: the WSGI environment of the upgrade request.
        handler: the pywsgi handler that owns the socket.
        frame_limit: the largest message accepted, in bytes.
    """

    def __init__(self, environ: dict[str, Any], handler: Any, frame_limit: int) -> None:
        super().__init__(environ, Stream(handler), handler)
        self._socket: Any = handler.socket
        self._limit = frame_limit
        self._outbox: deque[bytes] = deque()
        self._outbox_size = 0
        self._in_a_row = 0
        self._wake = Event()
        self.closed: bool = False
        self._ending = False
        self._lingers = False
        self._reset = False
        self._cuts = False
        self.close_code: int | None = None
        self._writer = gevent.spawn(self._write)

    def __del__(self) -> None:
        """Do nothing: the library's own closes here, writing to a socket that may be somebody else's by now."""

    def receive(self) -> str | bytes | None:
        """Return the next message, or None once the connection is over; blocks the calling greenlet.

        Pings are answered and the closing handshake is done in here.
        """
        if self.closed:
            return None
        try:
            return self.read_message()
        except ViolationError as violation:
            self._lingers = True
            self.close(violation.code, violation.reason)
        except (TransportEndedError, OSError, ValueError):
            self.abort()
        return None

    def read_message(self) -> str | bytes | None:
        """Read frames until a message is whole; None after a close frame."""
        first, joined = None, bytearray()
        while True:
            self._let_others_run()
            fin, opcode, payload = self.read_frame(self._limit - len(joined))
            if opcode >= _CLOSE:
                if not self._control(opcode, payload):
                    return None
                continue
            if (opcode == _CONTINUATION) == (first is None):
                raise ViolationError(PROTOCOL_ERROR, "a fragment out of order")
            if fin and first is None:
                return self._whole(opcode, payload)
            first = opcode if first is None else first
            joined += payload
            if fin:
                return self._whole(first, bytes(joined))

    def _let_others_run(self) -> None:
        """Count a frame that is read: a read that finds data returns without a turn for anybody."""
        self._in_a_row += 1
        if self._in_a_row > _FRAMES_IN_A_ROW:
            self._in_a_row = 0
            gevent.sleep(_MOMENT)

    def read_frame(self, room: int | None = None) -> tuple[bool, int, bytes]:
        """Read one frame as (fin, opcode, unmasked payload); checks come before the payload is read."""
        head = self._read(2)
        opcode, length = head[0] & 0x0F, head[1] & 0x7F
        if head[0] & 0x70:
            raise ViolationError(PROTOCOL_ERROR, "a reserved bit is set")
        if opcode not in (_CONTINUATION, _TEXT, _BINARY, _CLOSE, _PING, _PONG):
            raise ViolationError(PROTOCOL_ERROR, "a reserved opcode")
        if not head[1] & 0x80:
            raise ViolationError(PROTOCOL_ERROR, "a client frame must be masked")
        if opcode >= _CLOSE and (length > 125 or not head[0] & 0x80):
            raise ViolationError(PROTOCOL_ERROR, "a control frame must be whole and of 125 bytes at most")
        if length == 126:
            length = int.from_bytes(self._read(2), "big")
        elif length == 127:
            length = int.from_bytes(self._read(8), "big")
        if opcode < _CLOSE and length > (self._limit if room is None else room):
            raise ViolationError(TOO_BIG, f"a message may have {self._limit} bytes at most")
        mask = self._read(4)
        payload = apply_mask(self._read(length), mask) if length else b""
        return bool(head[0] & 0x80), opcode, payload

    def _read(self, count: int) -> bytes:
        data: bytes = self.raw_read(count) if self.raw_read is not None else b""
        if len(data) != count:
            raise TransportEndedError
        return data

    @staticmethod
    def _whole(opcode: int, payload: bytes) -> str | bytes:
        if opcode == _BINARY:
            return payload
        try:
            return payload.decode("utf-8")
        except UnicodeDecodeError:
            raise ViolationError(BAD_DATA, "a text message must be UTF-8") from None

    def _control(self, opcode: int, payload: bytes) -> bool:
        """Handle a control frame; False when it was the close."""
        if opcode == _PING:
            if len(self._outbox) < _PONGS_LIMIT:
                self._enqueue(_PONG, payload)
        elif opcode == _CLOSE:
            self._closed_by_client(payload)
            return False
        return True

    def _closed_by_client(self, payload: bytes) -> None:
        code = NO_STATUS
        if len(payload) == 1:
            raise ViolationError(PROTOCOL_ERROR, "a close frame of one byte")
        if payload:
            code = struct.unpack("!H", payload[:2])[0]
            if not self._is_valid_close_code(code):
                raise ViolationError(PROTOCOL_ERROR, f"close code {code} may not be sent")
            try:
                payload[2:].decode("utf-8")
            except UnicodeDecodeError:
                raise ViolationError(BAD_DATA, "a close reason must be UTF-8") from None
        self.close_code = code
        self.close(NORMAL if code == NO_STATUS else code)

    def _is_valid_close_code(self, code: int) -> bool:
        return code in {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014} or 3000 <= code < 5000

    @property
    def waiting(self) -> int:
        """Bytes that are queued, and not in the writer's hands yet."""
        return self._outbox_size

    def send(self, message: str | bytes, binary: bool | None = None) -> None:  # noqa: FBT001 (the library's signature)
        """Queue a message for the writer; never blocks, and is dropped once the connection is over.

        Args:
            message: a text as str or as UTF-8 bytes; binary data only with ``binary=True``.
            binary: send a binary frame.
        """
        data = message.encode() if isinstance(message, str) else message
        self._enqueue(_BINARY if binary else _TEXT, data)

    def send_raw(self, data: bytes) -> None:
        """Queue bytes as they are, for tests that need a broken frame."""
        if not self._ending:
            self._outbox.append(data)
            self._wake.set()

    def close(self, code: int = NORMAL, message: str | bytes = b"") -> None:
        """Queue a close frame with ``code`` and a reason; nothing can be sent after it."""
        if self.closed:
            return
        reason = message.encode() if isinstance(message, str) else message
        self._enqueue(_CLOSE, struct.pack("!H", code) + reason[:123])
        if self.close_code is None:
            self.close_code = code
            self._lingers = True
        self.closed = True
        self._ending = True
        self._wake.set()

    def abort(self, *, reset: bool = False) -> None:
        """End the transport at once, without a close frame; wakes both greenlets of the connection.

        Args:
            reset: send a TCP reset in place of an orderly end.
        """
        self.closed = True
        self._ending = True
        self._outbox.clear()
        self._outbox_size = 0
        if self._reset:
            return  # an orderly end now would come before the reset
        if reset:
            self._reset = True
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._wake.set()
        self._shutdown(stdlib_socket.SHUT_RD if reset else stdlib_socket.SHUT_RDWR)

    def cut_after_flush(self) -> None:
        """End the transport without a close frame, but only when all that is queued has been sent."""
        self.closed = True
        self._ending = True
        self._cuts = True
        self._wake.set()

    def _enqueue(self, opcode: int, payload: bytes) -> None:
        if self._ending:
            return
        self._outbox.append(frame := server_frame(payload, 0x80 | opcode))
        self._outbox_size += len(frame)
        if self._outbox_size > _OUTBOX_LIMIT:
            logger.warning("a client reads too slowly: its connection is dropped")
            self.abort()
        self._wake.set()

    def _write(self) -> None:
        """Send what is queued, several frames at a time, until the connection is over."""
        while True:
            self._wake.wait()
            self._wake.clear()
            while self._outbox:
                try:
                    self._socket.sendall(self._next_chunk())
                except (OSError, ValueError):
                    self.abort()
                    return
            if self._ending:
                if self._cuts:
                    self._shutdown(stdlib_socket.SHUT_RDWR)
                return

    def _next_chunk(self) -> bytes:
        first = self._outbox.popleft()
        if not self._outbox or len(first) > _WRITE_CHUNK:
            self._outbox_size -= len(first)
            return first
        parts, size = [first], len(first)
        while self._outbox and size < _WRITE_CHUNK:
            parts.append(self._outbox.popleft())
            size += len(parts[-1])
        self._outbox_size = max(0, self._outbox_size - size)
        return b"".join(parts)

    def finish(self) -> None:
        """Flush and join the writer, then let the client read the close frame; bounded, called by the handler."""
        if not self.closed:
            self.close()
        self._writer.join(_FLUSH_SECONDS)
        if not self._writer.ready():
            self._writer.kill()
        if self._lingers and not self._reset:
            self._linger()
        self.raw_read = self.raw_write = self.stream = None

    def _linger(self) -> None:
        """Read on for a moment: closing with unread data would turn our close frame into a reset."""
        self._shutdown(stdlib_socket.SHUT_WR)
        give_up = now() + _LINGER_SECONDS
        with contextlib.suppress(OSError):  # the client was first, or too slow: nothing is left to wait for
            while (left := give_up - now()) > 0:
                self._socket.settimeout(left)
                if not self._socket.recv(65536):
                    break

    def _shutdown(self, how: int) -> None:
        with contextlib.suppress(OSError):  # it was already down
            if isinstance(self._socket, socket.socket):
                # The base class's shutdown also acts on a TLS socket without an unwrap, and wakes who waits there.
                socket.socket.shutdown(self._socket, how)
            else:
                self._socket.shutdown(how)
