"""Serving a sandbox as a process of its own."""

from collections.abc import Callable
from typing import Any

from gevent.event import Event

from relay_runtime.sandbox.sandbox import Sandbox


def serve(
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    control_port: int | None = 0,
    cert: str | None = None,
    key: str | None = None,
    seed: int = 0,
    ready: Callable[[Sandbox], None] | None = None,
    stop: Event | None = None,
    **settings: Any,
) -> None:
    """Run a sandbox until ``stop`` is set; blocks the calling greenlet and prints nothing.

    Args:
        host: The address to listen on.
        port: The port of the WebSocket; 0 takes a free one.
        control_port: The port of the HTTP control port; 0 takes a free one, None has none.
        cert: A PEM certificate, for wss.
        key: Its key.
        seed: Seeds the faults that happen by chance.
        ready: Called with the sandbox once it listens; its ``url`` and ``control_url`` are known then.
        stop: An event that ends it; without one it runs until the greenlet is killed.
        **settings: The fields of :class:`Settings`.

    Raises:
        OSError: A port can't be had.
        ValueError: A setting makes no sense.
    """
    with Sandbox(host=host, port=port, control_port=control_port, cert=cert, key=key, seed=seed, **settings) as sandbox:
        if ready is not None:
            ready(sandbox)
        (stop or Event()).wait()
