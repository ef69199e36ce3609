"""Client and sandbox in one process: no port, no TLS, and every byte between them as over a socket.

What is left out is the network alone. The opening handshake, the frames and the faults are those of the client's own
WebSocket and of the sandbox's, so both ends do over a pair of sockets in memory what they do over TCP.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from relay_runtime import websocket
from relay_runtime.client import way
from relay_runtime.sandbox import Sandbox
from relay_runtime.testing.memory_socket import MemorySocket, socket_pair

__all__ = ["connect", "reaching"]


def connect(sandbox: Sandbox, url: str | None = None, **options: Any) -> websocket.WebSocket:
    """Open a WebSocket to a sandbox in this thread; blocks the current greenlet until it is open.

    Args:
        sandbox: the sandbox, which need not listen (``Sandbox(port=None)``).
        url: the URL that the client believes to connect to, which errors name; None is the sandbox's.
        **options: those of `relay_runtime.websocket.connect`; what they say of TLS, proxy and address has no meaning.

    Raises:
        ConnectError: as for `relay_runtime.websocket.connect` over TCP: the sandbox is stopped or down, it turns the
            connection away, or it does not answer within ``open_timeout``.
        ValueError: an option is not allowed.
        RuntimeError: the sandbox runs in another thread.
    """
    return websocket.connect(sandbox.url if url is None else url, dial=partial(_dial, sandbox), **options)


@contextmanager
def reaching(sandbox: Sandbox) -> Iterator[None]:
    """Have every client of this process that connects meanwhile reach a sandbox, whatever host it names.

    Their credentials have to be the sandbox's all the same, unless it takes any (``any_credentials``). A connection
    that is open when the block begins or ends stays what it is; one that is opened afterwards goes over the network.
    """
    with way.reach(partial(connect, sandbox)):
        yield


def _dial(sandbox: Sandbox) -> MemorySocket:
    ours, theirs = socket_pair()
    sandbox.serve_connection(theirs)
    return ours
