"""The way between a connection and its socket: the place where faults of the network happen."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from relay_runtime.sandbox.exchange import Exchange
    from relay_runtime.sandbox.websocket import GuardedWebSocket


class Link:
    """Passes frames on.

    Args:
        socket: The connection.
        exchange: For its clock and settings.
    """

    def __init__(self, socket: "GuardedWebSocket", exchange: "Exchange") -> None:
        self._socket = socket
        self._exchange = exchange

    def receive(self) -> str | bytes | None:
        """Return the next message, or None once the connection is over."""
        return self._socket.receive()

    def send(self, frame: bytes) -> None:
        """Queue a text frame."""
        self._socket.send(frame)

    def close(self, code: int, reason: str) -> None:
        """Close with a code and a reason."""
        self._socket.close(code, reason)

    def abort(self, *, reset: bool = False) -> None:
        """End the transport at once."""
        self._socket.abort(reset=reset)

    def cut_after_flush(self) -> None:
        """End the transport when what is queued has been sent."""
        self._socket.cut_after_flush()

    def end(self) -> None:
        """Let go of what waits here; the connection is over."""
