"""Puts a caller on hold while something is looked up, and hears by events when that begins and ends."""

import asyncio

from relay_runtime.aio import Call, RelayClient

client = RelayClient(contexts=["default"])


@client.on_call
async def look_up(call: Call) -> None:
    await call.answer()
    call.on("calling.call.hold", lambda event: print(f"the call is on {event.params['state']}"))
    await (await call.play_tts("I will look that up.")).wait()
    await call.hold()
    await asyncio.sleep(0.05)  # a database would be asked here
    await call.unhold()
    await (await call.play_tts("Here it is: forty-two.")).wait()
    await call.hangup()
    print("done")


if __name__ == "__main__":
    client.run()
