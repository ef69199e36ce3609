"""Listens without a prompt of its own: what the caller says is collected while the sea is heard in the background."""

import asyncio

from relay_runtime.aio import Call, RelayClient


async def wishes(call: Call) -> None:
    await call.answer()
    listening = await call.collect(
        speech={"language": "en-US", "end_silence_timeout": 1.0, "hints": ["pizza", "pasta"]},
        initial_timeout=15.0,
        start_input_timers=True,
    )
    music = await call.play_audio("https://example.com/waves.mp3")
    heard = (await listening.wait(timeout=60)).params["result"]
    await music.stop()
    if heard["type"] == "speech":
        words = heard["params"]["text"]
        print(f"the caller said: {words}")
        await (await call.play_tts(f"You would like {words}.")).wait()
    else:
        await (await call.play_tts("I did not hear you.")).wait()
    await call.hangup()


async def main() -> None:
    client = RelayClient(contexts=["kitchen"])
    client.on_call(wishes)
    async with client:
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
