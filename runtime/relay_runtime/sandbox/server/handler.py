"""The opening of a WebSocket at the server: gevent-websocket's, strict where that is not.

There a bad ``Sec-WebSocket-Key`` gives a 500 with a traceback: here a 400.
"""

from __future__ import annotations

import base64
import binascii
import logging
from typing import Any, Final

from geventwebsocket.handler import WebSocketHandler

from relay_runtime.sandbox.server.websocket import GuardedWebSocket

__all__ = ["GuardedHandler"]

_log: Final = logging.getLogger("relay_runtime.sandbox.server.handler")  # the library wants one of the standard library


class GuardedHandler(WebSocketHandler):  # type: ignore[misc]
    """The upgrade of an HTTP request, strict where the library is not; every path may be upgraded."""

    websocket: GuardedWebSocket | None

    @property
    def logger(self) -> logging.Logger:
        """The sandbox's logger in place of one that prints."""
        return _log

    def log_request(self) -> None:
        """Keep no access log: frames have their journal."""

    def upgrade_websocket(self) -> Any:
        """Answer 400 rather than the library's 402 to a request that is not HTTP/1.1."""
        if self.environ.get("HTTP_UPGRADE", "").lower() == "websocket" and self.request_version != "HTTP/1.1":
            return self._refuse("a WebSocket needs HTTP/1.1")
        return super().upgrade_websocket()

    def upgrade_connection(self) -> Any:
        """Check the key (RFC 6455, 4.2.1), let the library do the handshake, and put our socket in."""
        if not _is_valid_key(self.environ.get("HTTP_SEC_WEBSOCKET_KEY", "")):
            return self._refuse("Sec-WebSocket-Key must be 16 bytes in base64")
        if (reason := self.server.admits(self.environ)) is not None:
            return self._refuse(reason, "403 Forbidden")
        refused = super().upgrade_connection()
        if refused is not None:
            return refused
        if self.websocket is not None:
            self.websocket.closed = True  # or its __del__ writes a close frame when we replace it
        self.websocket = GuardedWebSocket(self.environ, self, self.server.frame_limit)
        self.environ["wsgi.websocket"] = self.websocket
        return None

    def run_websocket(self) -> None:
        """Run the application on the socket; its writer has ended when this returns."""
        socket = self.websocket
        try:
            list(self.application(self.environ, lambda *_: []))
        finally:
            if socket is not None:
                socket.finish()
            self.environ["wsgi.websocket"] = None
            self.websocket = None

    def _refuse(self, message: str, status: str = "400 Bad Request") -> list[bytes]:
        self.start_response(status, [("Content-Type", "text/plain")])
        return [message.encode() + b"\n"]


def _is_valid_key(key: str) -> bool:
    try:
        return len(base64.b64decode(key.strip(), validate=True)) == 16
    except (binascii.Error, ValueError):
        return False
