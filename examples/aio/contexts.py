"""Takes calls of the day's context and, by a call from the boss, those of the night's in their place."""

import asyncio

from relay_runtime.aio import Call, RelayClient

BOSS = "+15550100007"


async def main() -> None:
    client = RelayClient(contexts=["day"])
    desk = "day"

    @client.on_call
    async def serve(call: Call) -> None:
        nonlocal desk
        await call.answer()
        if call.device["params"]["from_number"] == BOSS:
            await client.receive(["night"])
            await client.unreceive(["day"])
            desk = "night"
            text = "From now on it is night."
        else:
            text = f"You have reached the {desk} desk."
        await (await call.play_tts(text)).wait()
        await call.hangup()
        print(f"a call by {desk}")

    async with client:
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
