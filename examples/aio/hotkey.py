"""Plays a long story, and stops it as soon as the caller presses a key that a detector looks for."""

from relay_runtime.aio import Call, RelayClient

client = RelayClient(contexts=["default"])


@client.on_call
async def story(call: Call) -> None:
    await call.answer()
    keys = await call.detect_digit(digits="79", timeout=120)
    telling = await call.play_audio("https://example.com/story.mp3")
    found = await keys.wait(timeout=180)
    print(f"key {found.params['detect']['params']['event']}")
    await telling.stop()
    end = await telling.wait(timeout=10)
    print(f"the story is {end.params['state']}")
    await call.hangup()


if __name__ == "__main__":
    client.run()
