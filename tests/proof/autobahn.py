"""Autobahn's WebSocket cases against both ends: the client's socket and the sandbox's server.

python -m proof.autobahn     run, print the figures, write them to docs/reliability.md
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from gevent import subprocess
from interop import autobahn_client

from proof import document

__all__ = ["main"]

_SERVER = Path(__file__).parents[1] / "interop" / "echo_server.py"
_PASSES = {"OK", "NON-STRICT", "INFORMATIONAL"}
_EXCEPTIONS = {
    "NON-STRICT": "an invalid text is closed with 1007 as it should be, but at the end of its message and not at its "
    "first bad byte: gevent-websocket hands messages on whole",
}


def _server_side() -> tuple[str, list[str]]:
    """Run the cases for servers; return the figures, and what is to be said about single cases."""
    kosoku = autobahn_client.find_kosoku()
    assert kosoku is not None, "kosoku is not installed"
    begun = time.monotonic()
    server = subprocess.Popen([sys.executable, str(_SERVER)], stdout=subprocess.PIPE)
    try:
        address = f"127.0.0.1:{int(server.stdout.readline())}"
        with tempfile.TemporaryDirectory() as reports:
            command = [kosoku, "-m", "fuzzingclient", "-o", reports, "-p", "2"]
            for pattern in autobahn_client.COMPRESSION:
                command += ["-x", pattern]
            subprocess.run([*command, address], timeout=200, check=False, capture_output=True)
            (cases,) = json.loads((Path(reports) / "index.json").read_text()).values()
    finally:
        server.kill()
        server.wait(5)
        server.stdout.close()
    failed = [n for n, each in cases.items() if not _PASSES.issuperset({each["behavior"], each["behaviorClose"]})]
    kinds = Counter(each["behavior"] for each in cases.values())
    counted = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
    figures = (
        f"Autobahn, server side: {len(cases) - len(failed)} of {len(cases)} cases passed ({counted}) "
        f"in {time.monotonic() - begun:.1f} s"
    )
    loose = [number for number, each in cases.items() if each["behavior"] == "NON-STRICT"]
    notes = [f"server side, {', '.join(loose)}: {_EXCEPTIONS['NON-STRICT']}"] if loose else []
    return figures, notes + [f"server side, {number}: failed" for number in failed]


def main() -> int:
    """Run both sides; the exit code is 1 when a case fails."""
    client = autobahn_client.run()
    server, notes = _server_side()
    lines = [str(client), *(f"client side, {case}: failed" for case in client.failed), server, *notes]
    lines.append("both sides, 12.* and 13.*: not run; compression is not offered (a RELAY frame is small, and secret)")
    print("\n".join(lines))
    document.write("autobahn", "    $ make autobahn\n\n" + "\n".join(f"- {line}" for line in lines))
    return 1 if any(line.endswith(": failed") for line in lines) else 0


if __name__ == "__main__":
    sys.exit(main())
