"""What leaves: frames that gather, and are handed to the socket in one go."""

from contextlib import suppress
from typing import Any

from gevent.hub import get_hub

from relay_runtime.websocket import ConnectionClosed, WebSocket


class Line:
    """The frames that wait for the next `flush`.

    Args:
        socket: Where they go.

    Attributes:
        frames: Them, in order. Whoever handles what the socket brought adds to it, and flushes at the end.
    """

    def __init__(self, socket: WebSocket) -> None:
        self.frames: list[bytes] = []
        self._socket = socket
        hub: Any = get_hub()
        self._run_callback = hub.loop.run_callback

    def send_soon(self, frame: bytes) -> None:
        """Add a frame from a greenlet of its own: it leaves once all that are ready have had their turn."""
        if not self.frames:
            self._run_callback(self.flush)
        self.frames.append(frame)

    def flush(self) -> None:
        """Hand over what has gathered. Never blocks; after the end of the connection it is dropped."""
        frames, self.frames = self.frames, []
        if frames:
            with suppress(ConnectionClosed):
                self._socket.send_texts(frames)
