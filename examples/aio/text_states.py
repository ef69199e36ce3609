"""Sends a text message and follows it: on its way by a listener, at its end by a callback, and why if it fails."""

import asyncio

from relay_runtime.aio import MESSAGE_STATE_DELIVERED, MESSAGE_STATE_SENT, RelayClient, RelayEvent

US, THEM, NOBODY = "+15550100099", "+15550100001", "+15550100002"


def print_if_sent(event: RelayEvent, number: str) -> None:
    if event.params["message_state"] == MESSAGE_STATE_SENT:
        print(f"to {number}: on its way")


async def follow(client: RelayClient, number: str) -> None:
    message = await client.send_message(
        to_number=number,
        from_number=US,
        context="texts",
        body="The library closes early today.",
        on_completed=lambda event: print(f"to {number} at last: {event.params['message_state']}"),
    )
    message.on(lambda event: print_if_sent(event, number))
    event = await message.wait(timeout=60)
    assert message.is_done
    assert message.result is not None
    assert message.result.params == event.params
    if message.state != MESSAGE_STATE_DELIVERED:
        print(f"the reason: {message.reason}")


async def main() -> None:
    async with RelayClient(contexts=["texts"]) as client:
        await follow(client, THEM)
        await follow(client, NOBODY)


if __name__ == "__main__":
    asyncio.run(main())
