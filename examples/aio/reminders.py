"""Calls a list of people, two at a time, by asyncio.gather; who does not answer is reported, not fatal."""

import asyncio

from relay_runtime.aio import RelayClient, RelayError

US = "+15550100099"
GUESTS = ["+15550100001", "+15550100002", "+15550100003", "+15550100004"]
AT_ONCE = asyncio.Semaphore(2)


async def remind(client: RelayClient, number: str) -> bool:
    async with AT_ONCE:
        call = await client.dial([[{"type": "phone", "params": {"from_number": US, "to_number": number}}]], tag=number)
        question = await call.prompt_tts("Dinner is at eight. Will you come? 1 is yes.", collect={"digits": {"max": 1}})
        result = (await question.wait(timeout=60)).params["result"]
        await call.hangup()
        return bool(result.get("params", {}).get("digits") == "1")


async def main() -> None:
    async with RelayClient() as client:
        answers = await asyncio.gather(*(remind(client, guest) for guest in GUESTS), return_exceptions=True)
    for guest, answer in zip(GUESTS, answers, strict=True):
        told = "was not reached" if isinstance(answer, RelayError) else "comes" if answer else "does not come"
        print(f"{guest} {told}")


if __name__ == "__main__":
    asyncio.run(main())
