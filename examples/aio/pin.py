"""Asks for a number that ends with the pound key, three times at most; the clock runs once the question is over."""

from relay_runtime.aio import Call, RelayClient

PIN = "4711"
QUESTION = "Please key in your secret number, and at its end the pound key, which is right below the nine."

client = RelayClient(contexts=["default"])


async def digits(call: Call) -> str:
    """Return what the caller keyed in, or an empty text."""
    keyed = await call.collect(
        digits={"max": 8, "terminators": "#", "digit_timeout": 5.0},
        initial_timeout=6.0,
        start_input_timers=False,
    )
    await (await call.play_tts(QUESTION)).wait()
    if not keyed.is_done:
        await keyed.start_input_timers()
    event = await keyed.wait(timeout=60)
    return str(event.params["result"].get("params", {}).get("digits", ""))


@client.on_call
async def gate(call: Call) -> None:
    await call.answer()
    for attempt in range(1, 4):
        if await digits(call) == PIN:
            print(f"opened at attempt {attempt}")
            await (await call.play_tts("The gate is open.")).wait()
            break
    else:
        print("nobody was let in")
        await (await call.play_tts("The gate stays shut.")).wait()
    await call.hangup()


if __name__ == "__main__":
    client.run()
