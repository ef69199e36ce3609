"""Has a call transcribed from its first word to its last, and prints where the transcript goes."""

from relay_runtime.aio import Call, RelayClient

client = RelayClient(contexts=["default"])


@client.on_call
async def minutes(call: Call) -> None:
    await call.answer()
    writing = await call.transcribe(status_url="https://example.com/transcripts")
    key = await call.collect(digits={"max": 1})
    await (await call.play_tts("Please tell us what happened, and press any key.")).wait()
    await key.wait(timeout=600)
    await writing.stop()
    event = await writing.wait(timeout=30)
    print(f"the transcript is {event.params['state']} and goes to {event.params['status_url']}")
    await call.hangup()


if __name__ == "__main__":
    client.run()
