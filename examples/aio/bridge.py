"""Connects the caller to an expert, takes the two apart after a while, and asks the caller how it was."""

import asyncio

from relay_runtime.aio import CONNECT_STATE_CONNECTED, EVENT_CALL_CONNECT, Call, RelayClient, RelayEvent

EXPERT = "+15550100007"

client = RelayClient(contexts=["default"])


def is_connected(event: RelayEvent) -> bool:
    return bool(event.params.get("connect_state") == CONNECT_STATE_CONNECTED)


@client.on_call
async def consult(call: Call) -> None:
    await call.answer()
    connected = asyncio.create_task(call.wait_for(EVENT_CALL_CONNECT, is_connected, timeout=60))
    ours = call.device["params"]["to_number"]
    await call.connect(
        [[{"type": "phone", "params": {"from_number": ours, "to_number": EXPERT, "timeout": 30}}]],
        ringback=[{"type": "ringtone", "params": {"name": "us"}}],
        max_duration=600,
    )
    peer = (await connected).params["peer"]
    print(f"connected to {peer['device']['params']['to_number']}")
    await (await call.play_silence(10)).wait()
    await call.disconnect()
    mark = await call.prompt_tts("How was it, from 1 to 5?", collect={"digits": {"max": 1}})
    result = (await mark.wait(timeout=60)).params["result"]
    print(f"the mark is {result['params']['digits']}")
    await call.hangup()


if __name__ == "__main__":
    client.run()
