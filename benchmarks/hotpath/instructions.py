"""Instructions of the hot path, counted by callgrind: `python -m benchmarks.hotpath.instructions`.

A count does not depend on what else the machine does. Each workload is run with two sizes, and the difference is
divided by the difference of the sizes, so that imports and warm-up drop out. What is counted holds the server too
(`benchmarks.hotpath.loopback`, in the same process), which is the same for every version.
"""

import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib.metadata import version

import msgspec

from benchmarks.processes import ROOT
from benchmarks.results import RESULTS

SIZES = {
    "calls": (200, 600),
    "calls --hooks": (200, 600),
    "events": (1000, 5000),
    "commands": (500, 2500),
    "calls --ledger": (200, 600),
    "calls --fleet": (200, 600),
}
ONE = {
    "calls": "one call: 6 events, 3 commands",
    "calls --hooks": "the same written as hooks",
    "events": "one event",
    "commands": "one command and its reply",
    "calls --ledger": "one call that is written down",
    "calls --fleet": "one call that is written down and copied for a fleet",
}
LIMIT_S = 300
VALGRIND = ("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--max-stackframe=100000000")


def count(workload: str, size: int) -> int:
    """Return the instructions of a process that does a workload."""
    command = [*VALGRIND, sys.executable, "-m", "benchmarks.hotpath", *workload.split(), str(size)]
    # The order of sets and dicts of texts must not differ between two runs.
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=LIMIT_S, check=False
    )
    found = re.search(r"Collected : (\d+)", done.stderr)
    if found is None:
        raise SystemExit(f"{workload}: callgrind counted nothing: {done.stderr.strip().splitlines()[-1:]}")
    return int(found[1])


def each(workload: str) -> int:
    """Return the instructions of one call, event or command."""
    few, many = SIZES[workload]
    with ThreadPoolExecutor() as pool:
        less, more = pool.map(count, (workload, workload), (few, many))
    return round((more - less) / (many - few))


def main() -> None:
    if shutil.which("valgrind") is None:
        print("skipped: valgrind is not installed; on Debian: apt-get install valgrind")
        return
    release = version("relay-runtime")
    counts = {workload: each(workload) for workload in SIZES}
    for workload, instructions in counts.items():
        print(f"{ONE[workload]}: {instructions:,} instructions")
    for kind in ("hooks", "ledger", "fleet"):
        counts[kind] = counts.pop(f"calls --{kind}")
    kept = {"version": release, "date": f"{datetime.now(UTC):%Y-%m-%d}", "python": sys.version.split()[0], **counts}
    path = RESULTS / f"instructions-{release}.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(kept), indent=1) + b"\n")
    print(f"kept in {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
