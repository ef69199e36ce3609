"""Answers every call, says where the caller has got to, and hangs up."""

from relay_runtime.aio import Call, RelayClient

client = RelayClient(contexts=["default"])


@client.on_call
async def welcome(call: Call) -> None:
    await call.answer()
    greeting = await call.play([{"type": "tts", "params": {"text": "Hello, this is the number of the bicycle shop."}}])
    heard = await greeting.wait()
    print(f"the greeting is {heard.params['state']}")
    await call.hangup()


if __name__ == "__main__":
    client.run()
