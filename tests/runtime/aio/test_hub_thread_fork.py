"""A fork beside the thread of a client for asyncio: the child has neither, and says so at once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from doubles.forked import in_child
from doubles.threaded_sandbox import ThreadedSandbox

from relay_runtime.aio import RelayClient

DEVICES: Any = [[{"type": "phone", "params": {"from_number": "+15550100099", "to_number": "+15550100001"}}]]


def outcome(client: RelayClient) -> list[str]:
    """Use a client in a child, in a loop of its own."""

    async def refused(use: Any) -> str:
        try:
            return f"returned {await asyncio.wait_for(use(), 5)!r}"
        except Exception as error:
            return f"{type(error).__name__}: {error}"

    async def main() -> list[str]:
        uses = (
            client.connect,
            client.disconnect,
            client.drain,
            client.status,
            client.live_calls,
            lambda: client.receive(["sales"]),
            lambda: client.dial(DEVICES),
            lambda: client.execute("signalwire.ping", {}),
        )
        told = [await refused(use) for use in uses]
        await client.__aexit__(None, None, None)
        return [*told, client.state]

    return asyncio.run(main())


@pytest.mark.slow
def test_every_verb_of_a_client_raises_in_a_child_and_the_parent_goes_on() -> None:
    with ThreadedSandbox() as sandbox:
        where = sandbox.sandbox

        async def main() -> None:
            async with RelayClient(project=where.project, token=where.token, host=where.url) as client:
                *told, state = await asyncio.to_thread(in_child, lambda: outcome(client))
                assert [each.partition(" and ")[0] for each in told] == [
                    "RuntimeError: this belongs to the process that connected the client,"
                ] * len(told)
                assert state == "stopped"
                assert (await client.execute("signalwire.ping", {"payload": "x"}))["payload"] == "x"
                assert client.stats.connections == 1

        asyncio.run(main())
