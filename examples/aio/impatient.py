"""Gives a number one second to answer, as `dial_timeout` says, and calls the next."""

import asyncio
from typing import Any

from relay_runtime.aio import RelayClient, RelayError

US, SLOW, QUICK = "+15550100099", "+15550100001", "+15550100002"


def one(number: str) -> list[list[dict[str, Any]]]:
    return [[{"type": "phone", "params": {"from_number": US, "to_number": number, "timeout": 500}}]]


async def main() -> None:
    async with RelayClient() as client:
        try:
            call = await client.dial(one(SLOW), dial_timeout=1)
        except RelayError:
            print("too slow")
            call = await client.dial(one(QUICK), dial_timeout=30)
        await (await call.play_tts("Thank you for being quick.")).wait()
        await call.hangup()
        await call.wait_for_ended(timeout=10)


if __name__ == "__main__":
    asyncio.run(main())
