"""The benchmarks' app as `relay-runtime start` serves it; each process says once that it is connected, and its id."""

import json
import os
from importlib.metadata import version

from benchmarks.clients.ours import Receptionist
from relay_runtime import RelayClient

__all__ = ["Receptionist", "on_ready"]


def on_ready(client: RelayClient) -> None:  # noqa: ARG001
    line = json.dumps({"pid": os.getpid(), "version": version("relay-runtime"), "loop": None})
    os.write(1, f"{line}\n".encode())  # in one piece: workers share the pipe
