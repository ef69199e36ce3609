"""A phone app on asyncio: each call that comes in is served by a coroutine of its own."""

from relay_runtime.aio import Call, RelayClient, Say

QUESTION = "Welcome. Press 1 for our opening hours, or 2 for the way to us."
ANSWERS = {
    "1": "We are open from nine to five. Goodbye.",
    "2": "You find us at the market, next to the fountain. Goodbye.",
}

client = RelayClient(contexts=["office"], when_crashed=Say("Sorry, something went wrong. Please call again."))


@client.on_call
async def serve(call: Call) -> None:
    """Ask for a digit, and say what belongs to it."""
    await call.answer()
    question = await call.prompt_tts(QUESTION, {"digits": {"max": 1}, "initial_timeout": 10})
    digit = (await question.wait(timeout=60)).digits  # an empty text if nothing was pressed
    answer = await call.play_tts(ANSWERS.get(digit, "We did not understand you. Please call again."))
    await answer.wait(timeout=60)
    await call.hangup()
