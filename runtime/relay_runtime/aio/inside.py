"""The client that a client for asyncio has inside, for what this package itself wants of it."""

from __future__ import annotations

from relay_runtime.aio.client import RelayClient
from relay_runtime.client import client as plain

__all__ = ["plain_client"]


def plain_client(client: RelayClient) -> plain.RelayClient:
    """Return the client of greenlets, which belongs to the thread of the runtime while it is connected."""
    return client._client
