"""A conference for whoever calls in; a caller who presses a key leaves it and is asked nothing more."""

import asyncio

from relay_runtime.aio import Call, RelayClient


async def take_part(call: Call) -> None:
    await call.answer()
    joined = await call.join_conference("monday", beep="onEnter", start_on_enter=True, max_participants=10)
    key = await call.collect(digits={"max": 1}, initial_timeout=3600, start_input_timers=True)
    await key.wait(timeout=3600)
    await call.leave_conference(joined["conference_id"])
    await (await call.play_tts("See you on Monday.")).wait()
    await call.hangup()
    print("somebody has left")


async def main() -> None:
    client = RelayClient(contexts=["meetings"])
    client.on_call(take_part)
    async with client:
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
