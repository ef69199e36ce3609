"""One number for people and for fax machines: whoever sends a fax tone has the fax taken."""

import asyncio

from relay_runtime.aio import Call, RelayClient


async def either(call: Call) -> None:
    await call.answer()
    listening = await call.detect_fax(tone="CNG", timeout=4)
    heard = (await listening.wait(timeout=60)).params["detect"]["params"]["event"]
    if heard == "CNG":
        fax = await call.receive_fax()
        about = (await fax.wait(timeout=300)).params["fax"]["params"]
        print(f"a fax of {about['pages']} pages: {about['result_text']}")
    else:
        await (await call.play_tts("There is a person at this end. Hello!")).wait()
    await call.hangup()


async def main() -> None:
    client = RelayClient(contexts=["fax"])
    client.on_call(either)
    async with client:
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
