"""Answers every call on the context ``default``, welcomes the caller and hangs up."""

from relay_runtime import Call, RelayClient

client = RelayClient(contexts=["default"])


@client.on_call
def welcome(call: Call) -> None:
    print(f"call {call.call_id} comes in")
    call.answer()
    greeting = call.play([{"type": "tts", "params": {"text": "Welcome! You have reached the sample line."}}])
    greeting.wait()
    call.hangup()
    print(f"call {call.call_id} is over")


if __name__ == "__main__":
    print("waiting for calls on the context default")
    client.run()
