"""Takes the steps of ``surface`` with SignalWire's own client; run by test_frames.py in a process of its own.

It reaches the recorder over wss, so nothing in it is patched. It prints ``done`` when it has taken every step, and a
step that its client refused with the name of the error.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from typing import Any

from signalwire.relay.client import RelayClient
from surface import ENDINGS, ON_ONE_CALL, Step

logging.disable(logging.CRITICAL)


class Driver:
    def __init__(self, host: str) -> None:
        self.client = RelayClient(project="project", token="token", host=host, contexts=["office"])
        self.calls: asyncio.Queue[Any] = asyncio.Queue()
        self.kept: dict[str, Any] = {}
        self.client.on_call(self.calls.put)

    async def main(self) -> None:
        await self.client.connect()
        await self.take(ON_ONE_CALL)
        for step in ENDINGS:
            await self.take((step,))
        await self.client.disconnect()
        print("done", flush=True)  # noqa: T201 - it is read

    async def take(self, steps: tuple[Step, ...]) -> None:
        await self.client.execute("test.offer", {})
        call = await asyncio.wait_for(self.calls.get(), 10)
        for step in steps:
            await self.client.execute("test.step", {"label": step.label})
            target = {"call": call, "client": self.client}.get(step.target) or self.kept[step.target[1:]]
            try:
                self.kept[step.label] = await getattr(target, step.method)(*step.args, **step.kwargs)
            except Exception as error:
                print(f"{step.label}: {type(error).__name__}", flush=True)  # noqa: T201 - it is read


if __name__ == "__main__":
    asyncio.run(Driver(sys.argv[1]).main())
