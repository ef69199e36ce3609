"""An open WebSocket over a gevent socket.

One greenlet receives, any greenlet sends, one greenlet of the connection's own writes. A second one exists
for a short while at the end: it sees the closing handshake through (RFC 6455, section 7) within
``close_timeout``, so that neither a reader nor a caller of ``close`` has to wait for a peer that never
answers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import NoReturn, Self

import gevent
from gevent.event import Event
from gevent.lock import BoundedSemaphore
from websockets.frames import EXTERNAL_CLOSE_CODES
from websockets.protocol import State

from relay_actors.kit.fork import spawn
from relay_runtime.websocket.errors import (
    ConcurrentReceiveError,
    ConnectionClosed,
    ReceiveTimeoutError,
    WriteBufferFull,
)
from relay_runtime.websocket.framing import BINARY_FRAME, TEXT_FRAME, FrameProtocol
from relay_runtime.websocket.sockets import Stream
from relay_runtime.websocket.writer import Writer

_READ_SIZE = 65536  # bytes asked of the socket at a time
_PARSE_SIZE = 32768  # bytes parsed between two turns of the hub
_BATCH_SIZE = 128  # messages handed out at a time

# Seconds for which a reader that has more at hand lets the others run. A sleep of 0 would be one of the 50 callbacks
# that gevent runs before it looks at timers and sockets again; this one comes back behind those that are due.
_MOMENT = 1e-6

_ABNORMAL_CLOSURE = 1006  # RFC 6455, section 7.4.1: the connection ended without a close frame
_SEND_TIMEOUT = 30.0  # seconds that send() waits for room
_CLOSE_REASON_SIZE = 123  # bytes: a control frame's 125 less the close code


class WebSocket:
    """Send and receive whole messages; made by ``connect``.

    Every method may be called from any greenlet of the thread that connected. As a context manager it closes
    at the end of the block, and drops the socket at once when an exception leaves it.

    Args:
        sock: The gevent socket, TLS included; owned from here on.
        protocol: The protocol after the opening handshake.
        writer: The writer of ``sock`` into which ``protocol`` puts its frames; started here.
        peer: ``host:port``, for people.
        close_timeout: Seconds that the closing handshake may take.

    Attributes:
        tap: Called with ``"in"`` and each message of a batch, and with ``"out"`` and each text, before it is handed on;
            must neither block nor raise. None: nobody looks.
    """

    tap: Callable[[str, str | bytes], None] | None = None

    def __init__(
        self, sock: Stream, protocol: FrameProtocol, writer: Writer, *, peer: str, close_timeout: float
    ) -> None:
        self._sock = sock
        self._protocol = protocol
        self._messages = protocol.messages
        self._writer = writer
        self._peer = peer
        self._close_timeout = close_timeout
        self._unparsed = memoryview(b"")
        self._reading = BoundedSemaphore(1)
        self._open = True  # messages can be sent
        self._finisher_started = False
        self._finishing = False  # the closing greenlet reads, and nobody else may
        self._end: ConnectionClosed | None = None  # set when no more messages can come
        self._cause: BaseException | None = None
        self._released = Event()  # the socket is closed
        writer.start(self._on_write_failure)
        self._settle()  # a close frame may have come in one piece with the server's handshake

    def __enter__(self) -> Self:
        """Give the connection itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the connection, or drop it when the block failed."""
        if kind is None:
            self.close()
        else:
            self.abort()

    def __repr__(self) -> str:
        state = "open" if self._open else "closing" if self._end is None else f"closed {self._end.code}"
        return f"<WebSocket {self._peer} {state}>"

    def before_write(self, told: Callable[[], object]) -> None:
        """Have ``told()`` called before each write, which waits while it blocks; what it raises ends the connection."""
        self._writer.before = told

    @property
    def closed(self) -> bool:
        """Tell whether nothing can be sent or received any more."""
        return self._end is not None

    @property
    def close_code(self) -> int | None:
        """Give the close code as ``ConnectionClosed.code`` has it, or None before the end."""
        return None if self._end is None else self._end.code

    @property
    def close_reason(self) -> str | None:
        """Give the reason that came with the close code, or None before the end."""
        return None if self._end is None else self._end.reason

    @property
    def buffered(self) -> int:
        """Count the bytes that wait to be written, those of a write under way included."""
        return self._writer.size

    def receive(self, timeout: float | None = None) -> str | bytes:
        """Give the next whole message; blocks the calling greenlet until there is one.

        Args:
            timeout: Seconds to wait at most, above 0; None waits as long as the connection lasts.

        Returns:
            The message: str of a text, bytes of a binary one.

        Raises:
            ConnectionClosed: The connection has ended, and all that came before was handed out.
            ReceiveTimeoutError: No message came in time; the connection goes on.
            ConcurrentReceiveError: Another greenlet is receiving.
        """
        _check_seconds("timeout", timeout)
        deadline = gevent.Timeout.start_new(timeout)
        try:
            self._wait_for_message()
        except gevent.Timeout as expired:
            if expired is not deadline or timeout is None:
                raise
            raise ReceiveTimeoutError(timeout) from None
        finally:
            deadline.close()
        return self._messages.popleft()

    def receive_batch(self) -> list[str | bytes]:
        """Give the messages that one read brought; blocks the calling greenlet until there is at least one.

        A batch is bounded: at most 128 messages, of at most 32 KiB off the wire or one message longer than that.
        Between two batches all other greenlets that are ready get their turn, and so do timers and sockets while more
        is at hand than one batch.

        Raises:
            ConnectionClosed: The connection has ended, and all that came before was handed out.
            ConcurrentReceiveError: Another greenlet is receiving.
        """
        messages = self._messages
        if messages:
            gevent.sleep(_MOMENT)  # what is left of a read of many short messages
        self._wait_for_message()
        if len(messages) > _BATCH_SIZE:
            batch = [messages.popleft() for _ in range(_BATCH_SIZE)]
        else:
            batch = list(messages)
            messages.clear()
        if self.tap is not None:
            for message in batch:
                self.tap("in", message)
        return batch

    def send(self, message: str | bytes, *, timeout: float = _SEND_TIMEOUT) -> None:
        """Send a message; blocks the calling greenlet only while the write buffer is full.

        Args:
            message: str goes out as a text frame, bytes as a binary frame.
            timeout: Seconds to wait at most for room in the write buffer, above 0.

        Raises:
            ConnectionClosed: The connection is closing or has ended.
            WriteBufferFull: There was no room in time.
            TypeError: The message is neither str nor bytes.
        """
        _check_seconds("timeout", timeout)
        if not isinstance(message, (str, bytes)):
            raise TypeError(f"a message is str (sent as text) or bytes (sent as binary), not {type(message).__name__}")
        if self._open and self._writer.full and not self._writer.wait_for_room(timeout):
            raise WriteBufferFull(self._writer.size, self._writer.limit)
        if not self._open:
            self._raise_closed()
        if isinstance(message, str):
            self._protocol.append(TEXT_FRAME, (message.encode(),))
        else:
            self._protocol.append(BINARY_FRAME, (message,))

    def send_texts(self, texts: Sequence[bytes]) -> None:
        """Send text frames of UTF-8 that was encoded before, all of them or none; never blocks.

        Args:
            texts: the texts as UTF-8; not checked.

        Raises:
            ConnectionClosed: The connection is closing or has ended.
            WriteBufferFull: As much waits to be written as is allowed; nothing was sent.
        """
        if not self._open:
            self._raise_closed()
        writer = self._writer
        if writer.size >= writer.limit:  # `Writer.full`, without a call for each batch
            raise WriteBufferFull(writer.size, writer.limit)
        if self.tap is not None:
            for text in texts:
                self.tap("out", text)
        self._protocol.append(TEXT_FRAME, texts)

    def close(self, code: int = 1000, reason: str = "", timeout: float | None = None) -> None:
        """Close with a closing handshake; blocks the calling greenlet until that is done, within ``timeout``.

        What was sent before is written first. Messages that still come may be dropped, unless a greenlet is
        receiving. A peer that does not answer in time is dropped. Closing again, or after the end, does
        nothing.

        Args:
            code: Close code that an endpoint may send: 1000 to 1014 without 1004 to 1006, or 3000 to 4999.
            reason: Text of at most 123 bytes in UTF-8.
            timeout: Seconds, above 0; None means the ``close_timeout`` of ``connect``.

        Raises:
            ValueError: The code, the reason or the timeout is not allowed.
        """
        _check_close(code, reason)
        _check_seconds("timeout", timeout)
        limit = self._close_timeout if timeout is None else timeout
        if self._open:
            self._protocol.send_close(code, reason)
            self._start_finishing(limit)
        if not self._finisher_started or not self._released.wait(limit):
            self.abort()

    def abort(self) -> None:
        """Drop the socket at once, without a closing handshake and without blocking; what waits is lost."""
        self._messages.clear()
        self._release()

    def _wait_for_message(self) -> None:
        # From the wait's end to the caller's taking of messages there is no switch, so nobody can take them
        # first.
        if self._messages:
            return
        if self._finishing and self._end is None:
            self._released.wait()  # bounded by the closing greenlet's time
        if self._end is not None:
            self._raise_closed()
        if not self._reading.acquire(blocking=False):
            raise ConcurrentReceiveError
        try:
            while not self._messages:
                if self._end is not None:
                    self._raise_closed()
                self._pump()
        finally:
            self._reading.release()

    def _pump(self) -> None:
        """Let all others run, then parse a bounded part of what came, or read once if there is nothing left of it."""
        # A recv() that finds data returns without a switch, so a flooded socket would starve everybody.
        # Nothing is taken off the wire here that a kill or a timeout could lose: they strike in sleep() or in
        # a waiting recv().
        if self._protocol.unread:
            gevent.sleep(_MOMENT)
            self._protocol.receive_data(b"")
            self._settle()
            return
        gevent.sleep(_MOMENT if self._unparsed else 0)
        try:
            data = self._read()
        # Not only OSError: gevent's TLS socket raises ValueError when it is closed just before a reader wakes, and an
        # AssertionError when a read has to write while the writer waits. Whatever it is, the socket is at its end.
        except Exception as error:  # noqa: BLE001
            if not self._released.is_set():
                self._cause = error
            data = b""
        if data:
            self._protocol.receive_data(data)
            self._settle()
        else:
            self._release()

    def _read(self) -> bytes:
        if self._released.is_set():
            return b""
        view = self._unparsed
        if not view:
            data = self._sock.recv(_READ_SIZE)
            if len(data) <= _PARSE_SIZE:
                return data
            view = memoryview(data)
        self._unparsed = view[_PARSE_SIZE:]
        return bytes(view[:_PARSE_SIZE])

    def _settle(self) -> None:
        """Find out whether the closing handshake has gone so far that no more messages can come."""
        protocol = self._protocol
        if protocol.state is State.OPEN or self._end is not None:
            return
        if protocol.close_rcvd is not None:
            self._end = ConnectionClosed(protocol.close_rcvd.code, protocol.close_rcvd.reason)
        elif protocol.parser_exc is not None:
            # The peer broke the protocol. Where that was the first thing to go wrong, our close frame says how.
            sent = protocol.close_sent if self._open else None
            self._end = ConnectionClosed(sent.code, sent.reason) if sent else ConnectionClosed(_ABNORMAL_CLOSURE)
        else:
            return  # our close frame is on its way, and the peer's is not here yet
        self._start_finishing(self._close_timeout)

    def _start_finishing(self, timeout: float) -> None:
        self._open = False
        if not self._finisher_started:
            self._finisher_started = True
            spawn(self._finish, timeout)

    def _finish(self, timeout: float) -> None:
        """See the closing handshake through: the server ends the TCP connection (RFC 6455, section 7.1.1)."""
        deadline = gevent.Timeout.start_new(timeout)
        try:
            with self._reading:
                self._finishing = True
                while not self._released.is_set():
                    waiting = len(self._messages)
                    self._pump()
                    while len(self._messages) > waiting:  # nobody asked for these; see close()
                        self._messages.pop()
        except gevent.Timeout:
            self._cause = TimeoutError("the server did not end the connection in time")
        finally:
            deadline.close()
            self._release()

    def _release(self) -> None:
        """Give back the socket and both greenlets; what waits on any of them wakes up."""
        if self._released.is_set():
            return
        self._open = False
        if self._end is None:
            self._end = ConnectionClosed(_ABNORMAL_CLOSURE)
        self._released.set()
        self._writer.stop()
        self._unparsed = memoryview(b"")
        self._sock.close()

    def _on_write_failure(self, error: BaseException) -> None:
        self._open = False
        self._cause = error
        # After these two the peer's last words may still wait to be read, and the reader is sure to meet the
        # end.
        if not isinstance(error, (BrokenPipeError, ConnectionResetError)):
            self._release()

    def _raise_closed(self) -> NoReturn:
        end = self._end
        if end is None:
            sent = self._protocol.close_sent
            end = ConnectionClosed(sent.code, sent.reason) if sent else ConnectionClosed(_ABNORMAL_CLOSURE)
        raise ConnectionClosed(end.code, end.reason) from self._cause


def _check_seconds(name: str, seconds: float | None) -> None:
    if seconds is not None and not seconds > 0:
        raise ValueError(f"{name} is a number of seconds above 0, not {seconds!r}")


def _check_close(code: int, reason: str) -> None:
    if code not in EXTERNAL_CLOSE_CODES and not 3000 <= code < 5000:
        raise ValueError(f"close code {code!r} must not be sent; accepted: 1000 to 1003, 1007 to 1014, 3000 to 4999")
    size = len(reason.encode())
    if size > _CLOSE_REASON_SIZE:
        raise ValueError(f"the close reason takes {size} bytes of UTF-8; {_CLOSE_REASON_SIZE} are allowed")
