"""Listeners alone serve the call: the handler registers them, answers and returns."""

from relay_runtime import Call, RelayClient, RelayEvent

TIDES = [{"type": "tts", "params": {"text": "High water is at a quarter past four."}}]

client = RelayClient(contexts=["default"])


@client.on_call
def listen(call: Call) -> None:
    def welcome(event: RelayEvent) -> None:
        state = event.params["call_state"]
        print(f"the call is {state}")
        if state == "answered":
            call.prompt_tts("Press 1 to hear the tide table.", {"digits": {"max": 1}, "initial_timeout": 10})

    def tell(event: RelayEvent) -> None:
        if event.params["result"]["type"] == "digit":
            call.play(TIDES, control_id="tides")
        else:
            call.hangup("noAnswer")

    def say_goodbye(event: RelayEvent) -> None:
        if event.params["control_id"] == "tides" and event.params["state"] == "finished":
            call.hangup()

    call.on("calling.call.state", welcome)
    call.on("calling.call.collect", tell)
    call.on("calling.call.play", say_goodbye)
    call.answer()
    print("the handler has returned")


if __name__ == "__main__":
    print("waiting for calls on the context default")
    client.run()
