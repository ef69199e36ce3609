"""Takes the calls of members, and hangs up on everybody else with a reason, before anything is charged."""

from relay_runtime.aio import Call, RelayClient

MEMBERS = {"+15550100001"}
BARRED = {"+15550100003"}

client = RelayClient(contexts=["default"])


@client.on_call
async def door(call: Call) -> None:
    number = call.device["params"]["from_number"]
    if number in BARRED:
        await call.hangup(reason="decline")
    elif number not in MEMBERS:
        await call.hangup(reason="busy")
    else:
        await call.answer()
        await (await call.play_tts("Good to hear you again.")).wait()
        await call.hangup()
    print(f"{number} was served")


if __name__ == "__main__":
    client.run()
