"""A dial that fails is an error, not a call: the program goes on to another number, and then to a text message."""

import asyncio

from relay_runtime.aio import RelayClient, RelayError

US, OFFICE, HOME = "+15550100099", "+15550100001", "+15550100002"


async def reached(client: RelayClient, number: str) -> bool:
    try:
        call = await client.dial([[{"type": "phone", "params": {"from_number": US, "to_number": number}}]])
    except RelayError:
        print(f"{number} can't be reached")
        return False
    await call.hangup()
    return True


async def main() -> None:
    async with RelayClient(contexts=["default"]) as client:
        for number in (OFFICE, HOME):
            if await reached(client, number):
                break
        else:
            note = await client.send_message(
                to_number=HOME, from_number=US, body="We could not reach you.", context="default"
            )
            await note.wait(timeout=60)
            print(f"a note was {note.state}")


if __name__ == "__main__":
    asyncio.run(main())
