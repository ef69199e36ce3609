"""The official client on uvloop; `run()` takes the loop of the policy."""

import uvloop

from benchmarks.clients import official
from benchmarks.clients.launch import Launch


def main(launch: Launch) -> None:
    uvloop.install()
    official.main(launch)
