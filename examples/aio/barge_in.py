"""Reads news until they are over or the caller presses a key, whichever is first, within a limit for the whole call."""

import asyncio

from relay_runtime.aio import Call, RelayClient

NEWS = ["bridge", "pool", "weather"]

client = RelayClient(contexts=["default"])


async def read(call: Call, item: str) -> None:
    keys = await call.collect(digits={"max": 1}, initial_timeout=300, start_input_timers=True)
    reading = await call.play_audio(f"https://example.com/news/{item}.mp3", volume=-2.0)
    pressed, read_out = asyncio.create_task(keys.wait()), asyncio.create_task(reading.wait())
    done, _ = await asyncio.wait({pressed, read_out}, return_when=asyncio.FIRST_COMPLETED)
    if pressed in done:
        print(f"{item} was cut short")
        await reading.stop()
    else:
        print(f"{item} was read")
        await keys.stop()
    await asyncio.gather(pressed, read_out)


@client.on_call
async def news(call: Call) -> None:
    await call.answer()
    async with asyncio.timeout(120):
        for item in NEWS:
            await read(call, item)
    await call.hangup()


if __name__ == "__main__":
    client.run()
