"""A voicemail box: a beep, a message until pound, and a coroutine that files it while the call goes on."""

from relay_runtime.aio import Call, RelayClient, RelayEvent

client = RelayClient(contexts=["default"])


async def file(event: RelayEvent) -> None:
    kind = event.params["url"].rpartition(".")[2]
    print(f"a message in {kind} is {event.params['state']}")


@client.on_call
async def box(call: Call) -> None:
    await call.answer()
    await (await call.play_tts("Nobody is at home. Speak after the beep.")).wait()
    recording = await call.record(
        {"beep": True, "format": "wav", "terminators": "#", "initial_timeout": 60, "max_length": 120},
        on_completed=file,
    )
    await recording.wait(timeout=180)
    await (await call.play_tts("It will be passed on.")).wait()
    await call.hangup()


if __name__ == "__main__":
    client.run()
