"""Connections to an engine that its operator ends, and servers that are none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import gevent
from gevent import socket

from relay_runtime.fleet.redis_engine import RedisEngine

__all__ = ["answering", "cut_all", "free_port", "listening"]


def cut_all(engine: RedisEngine) -> None:
    """End all connections to an engine but this one."""
    engine.line.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")


def _server(backlog: int = 16) -> socket.socket:
    server = socket.socket()  # not `create_server`, whose accept() blocks the hub
    server.bind(("127.0.0.1", 0))
    server.listen(backlog)
    return server


def free_port() -> int:
    """Return a TCP port on which nobody listens."""
    with _server() as server:
        port: int = server.getsockname()[1]
        return port


@contextmanager
def listening(backlog: int = 16) -> Iterator[int]:
    """Give the port of a server that takes connections, and never says anything."""
    with _server(backlog) as server:
        yield server.getsockname()[1]


@contextmanager
def answering(reply: bytes) -> Iterator[int]:
    """Give the port of a server that says the same to whatever it gets."""
    with _server() as server:

        def serve() -> None:
            while True:
                connection, _ = server.accept()
                with connection:
                    while connection.recv(65536):
                        connection.sendall(reply)

        serving = gevent.spawn(serve)
        try:
            yield server.getsockname()[1]
        finally:
            serving.kill()
