"""Live captions and a live translation of what the caller says; each is started and stopped by an object."""

from relay_runtime.aio import Call, RelayClient

client = RelayClient(contexts=["default"])


@client.on_call
async def caption(call: Call) -> None:
    await call.answer()
    await call.live_transcribe({"start": {"lang": "en-US", "direction": ["remote-caller"]}})
    await call.live_translate({"start": {"from_lang": "en-US", "to_lang": "es-ES", "direction": ["remote-caller"]}})
    words = await call.prompt_tts("What is your question?", collect={"speech": {"end_silence_timeout": 1.0}})
    result = (await words.wait(timeout=60)).params["result"]
    await call.live_translate({"stop": {}})
    await call.live_transcribe({"stop": {}})
    print(f"the question: {result['params']['text']}")
    await call.hangup()


if __name__ == "__main__":
    client.run()
