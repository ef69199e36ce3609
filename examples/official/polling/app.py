"""A loop that looks again and again whether a callback has set a flag; callbacks run while ``call.sleep`` waits."""

from relay_runtime import Call, RelayClient, RelayEvent

client = RelayClient(contexts=["default"])


@client.on_call
def poll(call: Call) -> None:
    pressed: list[bool] = []

    def note(event: RelayEvent) -> None:
        pressed.append(event.params["result"]["type"] == "digit")

    call.answer()
    call.prompt_tts(
        "Press any key when you are ready.", {"digits": {"max": 1}, "initial_timeout": 60}, on_completed=note
    )
    while not pressed:
        call.sleep(0.05)
    call.play_tts("Then we begin." if pressed[0] else "Another time, then.").wait()
    call.hangup()
    print(f"the caller was {'ready' if pressed[0] else 'away'}")


if __name__ == "__main__":
    print("waiting for calls on the context default")
    client.run()
