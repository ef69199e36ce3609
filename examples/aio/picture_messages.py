"""Sends a picture to several people at once, with labels, and counts how many got it."""

import asyncio

from relay_runtime.aio import RelayClient

US = "+15550100099"
FRIENDS = ["+15550100001", "+15550100002", "+15550100003"]


async def send(client: RelayClient, number: str) -> str:
    message = await client.send_message(
        to_number=number,
        from_number=US,
        body="The garden this morning",
        media=["https://example.com/garden.jpg"],
        tags=["garden", "friends"],
        region="us",
    )
    await message.wait(timeout=60)
    return message.state


async def main() -> None:
    async with RelayClient(contexts=["pictures"]) as client:
        states = await asyncio.gather(*(send(client, number) for number in FRIENDS))
    print(f"{states.count('delivered')} of {len(states)} got it")


if __name__ == "__main__":
    asyncio.run(main())
