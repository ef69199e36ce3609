"""The client inside of a client for asyncio."""

from __future__ import annotations

from relay_runtime import RelayClient, aio
from relay_runtime.aio.inside import plain_client


def test_it_is_the_client_of_greenlets_with_the_same_contexts() -> None:
    client = aio.RelayClient("project", "token", contexts=["office"])
    inside = plain_client(client)
    assert isinstance(inside, RelayClient)
    assert inside.contexts == ["office"]
