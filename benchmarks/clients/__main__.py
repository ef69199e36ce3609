"""One client process: `python -m benchmarks.clients official --port 5000 --core 1`."""

import argparse
import importlib
import os
import signal
import time

from benchmarks.clients.launch import Launch
from benchmarks.ladder.rungs import OWN
from benchmarks.plan import CLIENTS

RUNGS = tuple(rung.client for rung in OWN)
LIFETIME_S = 600


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("driver", choices=(*CLIENTS, *RUNGS))
    parser.add_argument("--port", type=int, required=True, help="the load server's loopback port")
    parser.add_argument("--core", type=int, default=None, help="the CPU core to stay on")
    options = parser.parse_args()
    if options.core is not None:
        os.sched_setaffinity(0, {options.core})
    # A client tries to reconnect for ever; should the orchestrator die, it must not outlive it for long.
    signal.alarm(LIFETIME_S)
    began = time.perf_counter()
    name = options.driver
    driver = importlib.import_module("benchmarks.ladder.client" if name in RUNGS else f"benchmarks.clients.{name}")
    launch = Launch(options.port, began, time.perf_counter())
    if name in RUNGS:
        driver.main(launch, name)
    else:
        driver.main(launch)


if __name__ == "__main__":
    main()
