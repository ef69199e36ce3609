"""Calls somebody, and says one thing to a person and another to an answering machine."""

import asyncio

from relay_runtime.aio import RelayClient

US, THEM = "+15550100099", "+15550100001"


async def main() -> None:
    async with RelayClient(contexts=["default"]) as client:
        call = await client.dial([[{"type": "phone", "params": {"from_number": US, "to_number": THEM, "timeout": 30}}]])
        detector = await call.detect_answering_machine(initial_timeout=4.5, detect_message_end=False, timeout=30)
        found = (await detector.wait(timeout=60)).params["detect"]["params"]["event"]
        print(f"{found} answered")
        text = "Your parcel is at the corner shop." if found == "MACHINE" else "Hello! Shall I hold your parcel?"
        await (await call.play_tts(text)).wait()
        await call.hangup()
        print(f"over: {(await call.wait_for_ended(timeout=10)).params['end_reason']}")


if __name__ == "__main__":
    asyncio.run(main())
