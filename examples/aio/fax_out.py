"""Sends a document to a fax machine, and says how many pages of it went through."""

import asyncio

from relay_runtime.aio import RelayClient

US, THEM = "+15550100099", "+15550100001"


async def main() -> None:
    async with RelayClient() as client:
        call = await client.dial([[{"type": "phone", "params": {"from_number": US, "to_number": THEM, "timeout": 30}}]])
        fax = await call.send_fax("https://example.com/plan.pdf", identity=US, header_info="The plan")
        about = (await fax.wait(timeout=300)).params["fax"]["params"]
        print(f"{about['pages']} pages: {about['result_text']}")
        await call.hangup()


if __name__ == "__main__":
    asyncio.run(main())
