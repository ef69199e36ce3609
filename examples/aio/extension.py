"""Calls a switchboard from a noisy place and dials an extension by tones."""

import asyncio

from relay_runtime.aio import EVENT_CALL_DENOISE, EVENT_CALL_SEND_DIGITS, RelayClient

US, SWITCHBOARD = "+15550100099", "+15550100001"


async def main() -> None:
    async with RelayClient() as client:
        call = await client.dial([[{"type": "phone", "params": {"from_number": US, "to_number": SWITCHBOARD}}]])
        call.on(EVENT_CALL_DENOISE, lambda event: print(f"noise is taken away: {event.params['denoised']}"))
        await call.denoise()
        sent = asyncio.create_task(call.wait_for(EVENT_CALL_SEND_DIGITS, timeout=30))
        await call.send_digits("w204#")
        print(f"the digits are {(await sent).params['state']}")
        await (await call.play_tts("Could you tell Anna that I called?")).wait()
        await call.denoise_stop()
        await call.hangup()
        await call.wait_for_ended(timeout=10)


if __name__ == "__main__":
    asyncio.run(main())
