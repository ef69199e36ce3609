"""Run the cases of the Autobahn test suite against our WebSocket client, and print the figures.

    python tests/interop/autobahn_client.py              all cases but those of compression, which we do not offer
    python tests/interop/autobahn_client.py '1.*' '6.*'  these cases

The server with the cases is kosoku (on PyPI), in a process of its own.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gevent
from gevent import subprocess
from gevent.pool import Pool

from relay_runtime.websocket import ConnectionClosed, connect

COMPRESSION = ("12.*", "13.*")
LIMIT = 300.0  # seconds for everything
_CASE_LIMIT = 30.0  # seconds without a message within a case
_MAX_SIZE = 64 * 2**20  # bytes; the cases' longest message has 16 MiB
_AT_ONCE = 4
_AGENT = "relay-runtime"


@dataclass(frozen=True)
class Verdicts:
    """What the server found: by case, the verdicts on the messages and on the closing handshake."""

    cases: dict[str, tuple[str, str]]
    seconds: float

    @property
    def failed(self) -> list[str]:
        """Give the cases that did not pass; NON-STRICT and INFORMATIONAL are passes in the suite's own terms."""
        passes = {"OK", "NON-STRICT", "INFORMATIONAL"}
        return [case for case, verdict in self.cases.items() if not passes.issuperset(verdict)]

    def __str__(self) -> str:
        count = Counter(behavior for behavior, _ in self.cases.values())
        kinds = ", ".join(f"{number} {kind}" for kind, number in count.most_common())
        passed = len(self.cases) - len(self.failed)
        return f"Autobahn, client side: {passed} of {len(self.cases)} cases passed ({kinds}) in {self.seconds:.1f} s"


def find_kosoku() -> str | None:
    """Give the path of the program, which stands beside the interpreter in a virtual environment."""
    beside = str(Path(sys.executable).parent)
    return shutil.which("kosoku", path=beside) or shutil.which("kosoku")


def run(include: tuple[str, ...] = (), exclude: tuple[str, ...] = COMPRESSION) -> Verdicts:
    """Run cases, several at a time; blocks for ``LIMIT`` seconds at most.

    Args:
        include: Case numbers or patterns such as ``"1.*"``; empty means all.
        exclude: Those of them to leave out.
    """
    program = find_kosoku()
    if program is None:
        raise FileNotFoundError("the program kosoku is not installed; install the package kosoku beside this one")
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as reports, gevent.Timeout(LIMIT, TimeoutError("the cases took too long")):
        command = [program, "-m", "fuzzingserver", "127.0.0.1:0", "-o", reports]
        for option, patterns in (("-i", include), ("-x", exclude)):
            for pattern in patterns:
                command += [option, pattern]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        assert server.stderr is not None
        try:
            url = server.stderr.readline().split()[-1]
            _run_all(url)
            server.wait()
        finally:
            if server.poll() is None:
                server.kill()
                server.wait()
            server.stderr.close()
        report: dict[str, Any] = json.loads((Path(reports) / "index.json").read_text())
    verdicts = {case: (each["behavior"], each["behaviorClose"]) for case, each in report[_AGENT].items()}
    return Verdicts(verdicts, time.monotonic() - begun)


def _run_all(url: str) -> None:
    with connect(f"{url}/getCaseCount") as ws:
        count = int(ws.receive(_CASE_LIMIT))
    pool = Pool(_AT_ONCE)
    for number in range(1, count + 1):
        pool.spawn(_run_case, f"{url}/runCase?case={number}&agent={_AGENT}")
    pool.join(raise_error=True)
    connect(f"{url}/updateReports?agent={_AGENT}").close()


def _run_case(url: str) -> None:
    """Send every message back, as all cases want it."""
    with connect(url, max_size=_MAX_SIZE) as ws:
        try:
            while True:
                ws.send(ws.receive(_CASE_LIMIT))
        except ConnectionClosed:
            pass


def main() -> int:
    """Print the figures and the cases that failed; the exit code is 1 if any did."""
    verdicts = run(tuple(sys.argv[1:]))
    print(verdicts)  # noqa: T201 - this is a program
    for case in verdicts.failed:
        print(f"  {case}: {' / '.join(verdicts.cases[case])}")  # noqa: T201
    return 1 if verdicts.failed else 0


if __name__ == "__main__":
    sys.exit(main())
