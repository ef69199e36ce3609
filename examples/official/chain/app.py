"""Each step begins where the one before it ends: a prompt, keys, an answer. Nobody waits, and the handler returns."""

from functools import partial

from relay_runtime import Call, RelayClient, RelayEvent

client = RelayClient(contexts=["default"])


@client.on_call
def begin(call: Call) -> None:
    call.answer()
    call.play_tts("What is your customer number? End it with pound.", on_completed=partial(ask, call))
    print("the handler has returned")


def ask(call: Call, _event: RelayEvent) -> None:
    call.collect(
        digits={"max": 6, "terminators": "#", "digit_timeout": 5.0},
        initial_timeout=60,
        start_input_timers=True,
        on_completed=partial(confirm, call),
    )


def confirm(call: Call, event: RelayEvent) -> None:
    result = event.params["result"]
    digits = result["params"]["digits"] if result["type"] == "digit" else "nothing"
    print(f"the customer number is {digits}")
    call.play_tts(f"You entered {digits}. Goodbye.", on_completed=partial(end, call))


def end(call: Call, _event: RelayEvent) -> None:
    call.hangup()


if __name__ == "__main__":
    print("waiting for calls on the context default")
    client.run()
