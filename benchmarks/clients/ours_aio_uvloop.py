"""Our client for asyncio on uvloop; `run()` takes the loop of the policy."""

import uvloop

from benchmarks.clients import ours_aio
from benchmarks.clients.launch import Launch


def main(launch: Launch) -> None:
    uvloop.install()
    ours_aio.main(launch)
