"""Rings several phones at once; whoever is first has the call, and the others stop ringing."""

import asyncio

from relay_runtime.aio import CALL_STATE_ANSWERED, RelayClient

US = "+15550100099"
PHONES = ["+15550100001", "+15550100002"]


async def main() -> None:
    client = RelayClient()
    await client.connect()
    try:
        together = [
            {"type": "phone", "params": {"from_number": US, "to_number": number, "timeout": 25}} for number in PHONES
        ]
        call = await client.dial([together], dial_timeout=60)
        assert call.state == CALL_STATE_ANSWERED
        print(f"{call.device['params']['to_number']} was first")
        await (await call.play_tts("You won.")).wait()
        await call.hangup()
        await call.wait_for_ended(timeout=10)
    finally:
        await client.disconnect()


if __name__ == "__main__":
    asyncio.run(main())
