"""Runs programs of ``examples`` one after another in one process, each as ``__main__``, as `played_programs` tells it.

python program_runner.py MODULE: what the programs import from this project is imported from MODULE.

Each line of the input is a JSON list of a program's path and the host that it shall use. What the program prints is
followed by a line ``-- HOW --``: ended, interrupted, or crashed, with a traceback on stderr.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import traceback
from pathlib import Path

OURS = re.compile(r"^from relay_runtime(\.aio)? import", re.MULTILINE)


def run(path: str, module: str) -> str:
    """Run a program with one import changed, and return how it ended."""
    text, found = OURS.subn(f"from {module} import", Path(path).read_text())
    assert found == 1, f"{path} has more than one import to change, or none"
    program = compile(text, path, "exec", dont_inherit=True)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # also where the tests were told to ignore it
    try:
        exec(program, {"__name__": "__main__"})
    except KeyboardInterrupt:
        return "interrupted"
    except BaseException:
        traceback.print_exc()
        return "crashed"
    return "ended"


def main(module: str) -> None:
    for line in sys.stdin:
        path, os.environ["SIGNALWIRE_SPACE"] = json.loads(line)
        how = run(path, module)
        sys.stderr.flush()
        print(f"-- {how} --", flush=True)  # noqa: T201 - it is read


if __name__ == "__main__":
    main(sys.argv[1])
