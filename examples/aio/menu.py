"""A menu by key: says the choices, takes one digit, and asks again as long as it makes no sense of the answer."""

from relay_runtime.aio import Call, RelayClient

CHOICES = {"1": "We are open from nine to five.", "2": "You find us at the market, next to the fountain."}
QUESTION = "For our hours press 1. For the way to us press 2."

client = RelayClient(contexts=["default"])


@client.on_call
async def menu(call: Call) -> None:
    await call.answer()
    key = ""
    for _ in range(3):
        prompt = await call.prompt_tts(QUESTION, collect={"digits": {"max": 1}, "initial_timeout": 8.0}, voice="en-GB")
        result = (await prompt.wait()).params["result"]
        key = result.get("params", {}).get("digits", "")
        if key in CHOICES:
            await (await call.play_tts(CHOICES[key])).wait()
            break
        await (await call.play_tts("That is none of the two.")).wait()
    print(f"the last key was {key or 'none'}")
    await call.hangup()


if __name__ == "__main__":
    client.run()
