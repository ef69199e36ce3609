"""Our client as `relay-runtime start` runs it: a patched process, with settings that a library must not make.

It writes no ledger, since it is killed at its end and would leave one behind; what that costs is measured by
`benchmarks.hotpath`.
"""

import os
import sys

from benchmarks.clients.launch import CONTEXT, MAX_ACTIVE_CALLS, PROJECT, TOKEN, Launch
from relay_runtime import __main__ as command

APP = "benchmarks.process_app:Receptionist"  # which says itself that it is connected
OPTIONS = ("--log-level", "error", "--control-socket", "off", "--ledger", "off")


def main(launch: Launch) -> None:
    os.environ.update(
        SIGNALWIRE_SPACE=f"ws://127.0.0.1:{launch.port}", SIGNALWIRE_PROJECT_ID=PROJECT, SIGNALWIRE_API_TOKEN=TOKEN
    )
    most = ("--max-active-calls", str(MAX_ACTIVE_CALLS))
    sys.argv[1:] = ["start", APP, "--context", CONTEXT, *most, *OPTIONS]
    command.main()
