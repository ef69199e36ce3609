"""Which engine is at an address."""

from __future__ import annotations

from gevent.ssl import SSLContext

from relay_runtime.fleet.engine import Engine
from relay_runtime.fleet.local_engine import LocalEngine
from relay_runtime.fleet.local_stream import LocalStream
from relay_runtime.fleet.stream import Stream
from relay_runtime.settings.engine_address import EngineAddress

__all__ = ["open_engine", "open_stream"]


def open_engine(address: EngineAddress, context: SSLContext | None = None, timeout: float = 1.0) -> Engine:
    """Return an engine, which connects when it is used. Never blocks.

    Args:
        address: where it is.
        context: TLS, for an address that is secure.
        timeout: seconds for each reply.
    """
    if address.local:
        return LocalEngine(address, timeout)
    from relay_runtime.fleet.redis_engine import RedisEngine  # noqa: PLC0415 - a local fleet needs no redis

    return RedisEngine(address, context, timeout)


def open_stream(address: EngineAddress, context: SSLContext | None = None, timeout: float = 1.0) -> Stream:
    """Return what hands ledgers over to an engine; arguments as for `open_engine`. Never blocks."""
    if address.local:
        return LocalStream(address, timeout)
    from relay_runtime.fleet.redis_stream import RedisStream  # noqa: PLC0415 - as above

    return RedisStream(address, context, timeout)
