"""Three ways to be rid of a call: pass the offer on, transfer it to other code, refer a SIP call to another address."""

import asyncio

from relay_runtime.aio import EVENT_CALL_REFER, Call, RelayClient, RelayEvent

client = RelayClient(contexts=["default"])


def is_settled(event: RelayEvent) -> bool:
    return bool(event.params["state"] != "inProgress")


@client.on_call
async def hand_over(call: Call) -> None:
    number = call.device["params"].get("from_number", "")  # a SIP call has an address in its place
    if number.endswith("1"):
        await call.pass_()
        print("passed on")
        return
    await call.answer()
    if number.endswith("2"):
        await call.transfer("https://example.com/menu.swml")
        print("transferred")
        return
    settled = asyncio.create_task(call.wait_for(EVENT_CALL_REFER, is_settled, timeout=60))
    await call.refer({"type": "sip", "params": {"to": "sip:anna@example.com"}}, status_url="https://example.com/refer")
    print(f"referred: {(await settled).params['state']}")
    await call.hangup()


if __name__ == "__main__":
    client.run()
