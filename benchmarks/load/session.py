"""One WebSocket connection of the client under test."""

from collections.abc import Callable

import msgspec
from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

from benchmarks.load.switchboard import Incoming, Switchboard


class Session(WSListener):
    """Reads frames into a switchboard and writes, once per read, all that they gave rise to.

    Args:
        choose: Returns the switchboard of a client that has connected.
    """

    _board: Switchboard

    def __init__(self, choose: Callable[[], Switchboard]) -> None:
        self._choose = choose
        self._decode = msgspec.json.Decoder(Incoming).decode
        self._transport: WSTransport | None = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        self._board = self._choose()
        self._board.link = self

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        kind = frame.msg_type
        if kind == WSMsgType.TEXT:
            self._board.receive(self._decode(frame.get_payload_as_memoryview()))
            if frame.last_in_buffer:
                self._board.flush()
        elif kind == WSMsgType.CLOSE:
            transport.send_close(WSCloseCode.OK)
            transport.disconnect()

    def on_ws_disconnected(self, transport: WSTransport) -> None:  # noqa: ARG002
        if self._board.link is self:
            self._board.link = None
            self._board.workload.disconnected()

    def write(self, data: bytes) -> None:
        """Write ready frames past picows, which would make a system call of each."""
        if self._transport is not None:
            self._transport.underlying_transport.write(data)

    def cut(self) -> None:
        """End the connection without a goodbye, as a network does."""
        if self._transport is not None:
            self._transport.disconnect(graceful=False)
