"""Follows a bridge by a listener: who is rung, who takes it, and what to say to a caller whom nobody takes."""

import asyncio

from relay_runtime.aio import (
    CONNECT_STATE_CONNECTED,
    CONNECT_STATE_FAILED,
    EVENT_CALL_CONNECT,
    Call,
    RelayClient,
    RelayEvent,
)

US, FIRST, SECOND = "+15550100099", "+15550100007", "+15550100008"

client = RelayClient(contexts=["default"])


@client.on_call
async def forward(call: Call) -> None:
    decided = asyncio.get_running_loop().create_future()

    def follow(event: RelayEvent) -> None:
        state = event.params["connect_state"]
        print(f"the bridge is {state}")
        if state in {CONNECT_STATE_CONNECTED, CONNECT_STATE_FAILED} and not decided.done():
            decided.set_result(state)

    call.on(EVENT_CALL_CONNECT, follow)
    await call.answer()
    phones = [{"type": "phone", "params": {"from_number": US, "to_number": n, "timeout": 20}} for n in (FIRST, SECOND)]
    await call.connect([[phones[0]], [phones[1]]], tag="forward")
    if await asyncio.wait_for(decided, 60) == CONNECT_STATE_FAILED:
        await (await call.play_tts("We will call you back.")).wait()
        await call.hangup()
    await call.wait_for_ended(timeout=600)
    print("over")


if __name__ == "__main__":
    client.run()
