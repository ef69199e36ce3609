"""An echo server over the sandbox's guarded WebSocket, for Autobahn's cases; prints its port."""

import sys
from typing import Any

from relay_runtime.sandbox.server.server import Server

FRAME_LIMIT = 64 * 1024 * 1024


def echo(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    socket = environ["wsgi.websocket"]
    while (message := socket.receive()) is not None:
        socket.send(message, binary=isinstance(message, bytes))
    return []


if __name__ == "__main__":
    server = Server(("127.0.0.1", 0), echo, frame_limit=FRAME_LIMIT)
    server.start()
    sys.stdout.write(f"{server.port}\n")
    sys.stdout.flush()
    server.serve_forever()
