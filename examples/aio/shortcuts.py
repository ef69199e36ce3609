"""Binds keys to what the server does by itself: star and a digit play a sentence, wherever the call stands."""

from relay_runtime.aio import Call, RelayClient

STORY = "This is a long evening. " + "Nothing has happened so far, and it may well stay like that. " * 4

client = RelayClient(contexts=["default"])


@client.on_call
async def shortcuts(call: Call) -> None:
    await call.answer()
    sentence = [{"type": "tts", "params": {"text": "You are on the night line."}}]
    await call.bind_digit(
        "*1",
        "calling.play",
        bind_params={"play": sentence, "control_id": "where-am-i"},
        realm="help",
        max_triggers=2,
    )
    story = await call.play_tts(STORY)
    await story.wait(timeout=60)
    await call.clear_digit_bindings(realm="help")
    await (await call.play_tts("The keys are free again.")).wait()
    await call.hangup()
    print("the night is over")


if __name__ == "__main__":
    client.run()
