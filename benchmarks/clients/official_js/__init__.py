"""SignalWire's client for JavaScript. This process becomes Node's: same pid, same core, same limit of its life."""

import json
import os
from pathlib import Path

from benchmarks.clients.launch import CONTEXT, PROJECT, PROMPT, TOKEN, Launch
from benchmarks.clients.official_js.package import Absent, find_node, installed

CLIENT = Path(__file__).parent / "client.mjs"


def main(launch: Launch) -> None:
    try:
        node, folder = find_node(), installed()
    except Absent as reason:
        raise SystemExit(str(reason)) from None
    given = {"port": launch.port, "project": PROJECT, "token": TOKEN, "context": CONTEXT, "prompt": PROMPT}
    # As its users run it: without this, its store of state checks its own users at each step.
    environment = {**os.environ, "NODE_ENV": "production"}
    os.execve(node.program, [*node.command, str(CLIENT), str(folder), json.dumps(given)], environment)
