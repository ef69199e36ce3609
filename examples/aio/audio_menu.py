"""Prompts from audio files: one by itself, then a list of media in a row, each waiting for a key or a word."""

from relay_runtime.aio import Call, RelayClient

LANGUAGES = {"1": "en", "2": "fr"}

client = RelayClient(contexts=["default"])


@client.on_call
async def ask(call: Call) -> None:
    await call.answer()
    prompt = await call.prompt_audio(
        "https://example.com/languages.mp3",
        collect={"digits": {"max": 1}, "initial_timeout": 10.0},
        volume=2.0,
    )
    answer = await prompt.wait(timeout=60)
    language = LANGUAGES.get(answer.params["result"].get("params", {}).get("digits", ""), "en")
    prompt = await call.play_and_collect(
        [
            {"type": "audio", "params": {"url": f"https://example.com/{language}/name.mp3"}},
            {"type": "silence", "params": {"duration": 0.5}},
            {"type": "ringtone", "params": {"name": "us", "duration": 1}},
        ],
        {"speech": {"language": language, "end_silence_timeout": 1.0}, "digits": {"max": 4, "terminators": "#"}},
    )
    result = (await prompt.wait(timeout=60)).params["result"]
    print(f"in {language}, by {result['type']}: {result['params'].get('text') or result['params'].get('digits')}")
    await call.hangup()


if __name__ == "__main__":
    client.run()
