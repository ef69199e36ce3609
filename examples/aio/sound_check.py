"""A sound check: plays tones at several volumes, pauses and resumes them, and sends the caller's own voice back."""

import asyncio

from relay_runtime.aio import EVENT_CALL_ECHO, Call, RelayClient, RelayEvent

client = RelayClient(contexts=["default"])


def is_over(event: RelayEvent) -> bool:
    return bool(event.params["state"] == "finished")


@client.on_call
async def check(call: Call) -> None:
    await call.answer()
    ringing = await call.play_ringtone("us", duration=2.0, volume=-4.0)
    await ringing.wait()
    tone = await call.play([{"type": "audio", "params": {"url": "https://example.com/tone.mp3"}}], volume=1.0, loop=3)
    await tone.volume(-6.0)
    await tone.pause()
    await tone.resume()
    await tone.stop()
    await tone.wait(timeout=10)
    call.on(EVENT_CALL_ECHO, lambda event: print(f"the echo is {event.params['state']}"))
    over = asyncio.create_task(call.wait_for(EVENT_CALL_ECHO, is_over, timeout=30))
    await call.echo(timeout=5.0)
    await over
    await (await call.play_tts("That is how you sound.")).wait()
    await call.hangup()
    print("the check is over")


if __name__ == "__main__":
    client.run()
