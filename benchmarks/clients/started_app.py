"""The app that `benchmarks.clients.ours_started` has `relay-runtime start` serve."""

from typing import Any

from benchmarks.clients.ours import Receptionist
from benchmarks.clients.ours_started import ready

__all__ = ["Receptionist", "on_ready"]


def on_ready(client: Any) -> None:  # noqa: ARG001 - what the command calls once it is connected
    ready()
