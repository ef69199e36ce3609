"""Runs a sandbox for as long as a process lives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gevent.event import Event

from relay_runtime.sandbox.sandbox import Sandbox

__all__ = ["serve"]


def serve(
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    control_port: int | None = 0,
    control_token: str | None = None,
    cert: str | None = None,
    key: str | None = None,
    seed: int = 0,
    ready: Callable[[Sandbox], None] | None = None,
    stop: Event | None = None,
    **settings: Any,
) -> None:
    """Run a sandbox until ``stop`` is set; blocks the calling greenlet, prints nothing, raises what Sandbox raises.

    Args:
        host: the address to listen on.
        port: the port of the WebSocket; 0 takes a free one.
        control_port: the port of the HTTP control port; 0 takes a free one, None has none.
        control_token: what requests to it have to bring; see `Sandbox`.
        cert: a PEM certificate, for wss.
        key: its key.
        seed: seeds the faults that happen by chance.
        ready: called with the sandbox once it listens; its ``url`` and ``control_url`` are known then.
        stop: an event that ends it; without one it runs until the greenlet is killed.
        **settings: the fields of :class:`Settings`.
    """
    with Sandbox(
        host=host,
        port=port,
        control_port=control_port,
        control_token=control_token,
        cert=cert,
        key=key,
        seed=seed,
        **settings,
    ) as sandbox:
        if ready is not None:
            ready(sandbox)
        (stop or Event()).wait()
