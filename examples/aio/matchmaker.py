"""Calls two people in one TaskGroup and brings both into the same conference."""

import asyncio

from relay_runtime.aio import RelayClient

US, ONE, OTHER = "+15550100099", "+15550100001", "+15550100002"


async def invite(client: RelayClient, number: str, conference: str) -> None:
    call = await client.dial(
        [[{"type": "phone", "params": {"from_number": US, "to_number": number, "timeout": 30}}]], tag=f"to {number}"
    )
    await (await call.play_tts("Somebody would like to talk to you.")).wait()
    await call.join_conference(conference, end_on_exit=True, record="record-from-start")
    ended = await call.wait_for_ended(timeout=3600)
    print(f"{number}: {ended.params['end_reason']}")


async def main() -> None:
    async with RelayClient() as client, asyncio.TaskGroup() as calls:
        calls.create_task(invite(client, ONE, "pair"))
        calls.create_task(invite(client, OTHER, "pair"))
    print("both have hung up")


if __name__ == "__main__":
    asyncio.run(main())
