"""Records a call on both sides, and stands still while something private is said."""

from relay_runtime.aio import Call, RelayClient

client = RelayClient(contexts=["default"])


@client.on_call
async def interview(call: Call) -> None:
    await call.answer()
    recording = await call.record(audio={"format": "mp3", "stereo": True, "direction": "both"})
    await (await call.play_tts("From now on this call is recorded. What is your name?")).wait()
    await recording.pause()
    card = await call.prompt_tts("Off the record: the last four digits of your card?", collect={"digits": {"max": 4}})
    result = (await card.wait(timeout=60)).params["result"]
    await recording.resume()
    await (await call.play_tts("Thank you, that was all.")).wait()
    await recording.stop()
    event = await recording.wait(timeout=10)
    print(f"taken off the record: a {result['type']}")
    print(f"the recording is {event.params['state']}, {'with' if event.params['url'] else 'without'} a url")
    await call.hangup()


if __name__ == "__main__":
    client.run()
