"""One client process: `python -m benchmarks.clients official --port 5000 --core 1`."""

import argparse
import importlib
import os
import signal
import time

from benchmarks.clients.launch import Launch
from benchmarks.plan import CLIENTS

LIFETIME_S = 600


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("driver", choices=CLIENTS)
    parser.add_argument("--port", type=int, required=True, help="the load server's loopback port")
    parser.add_argument("--core", type=int, default=None, help="the CPU core to stay on")
    options = parser.parse_args()
    if options.core is not None:
        os.sched_setaffinity(0, {options.core})
    # A client tries to reconnect for ever; should the orchestrator die, it must not outlive it for long.
    signal.alarm(LIFETIME_S)
    began = time.perf_counter()
    driver = importlib.import_module(f"benchmarks.clients.{options.driver}")
    driver.main(Launch(options.port, began, time.perf_counter()))


if __name__ == "__main__":
    main()
