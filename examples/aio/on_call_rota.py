"""Rings the people on call one after another until somebody answers."""

import asyncio
from typing import Any

from relay_runtime.aio import RelayClient

US = "+15550100099"
ROTA = ["+15550100001", "+15550100002", "+15550100003"]


def phone(number: str) -> dict[str, Any]:
    return {"type": "phone", "params": {"from_number": US, "to_number": number, "timeout": 20}}


async def main() -> None:
    async with RelayClient() as client:
        call = await client.dial([[phone(number)] for number in ROTA], tag="rota", max_duration=600)
        print(f"{call.device['params']['to_number']} answered, tag {call.tag}")
        await (await call.play_tts("The pump in the cellar has stopped.", language="en-US", gender="female")).wait()
        await call.hangup()
        await call.wait_for_ended(timeout=10)


if __name__ == "__main__":
    asyncio.run(main())
