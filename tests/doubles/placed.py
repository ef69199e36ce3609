"""A worker process that its parent has placed, without the process."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from doubles.looked import Looked

from relay_runtime.inspection.server import ControlServer
from relay_runtime.metrics import MetricSamples
from relay_runtime.workers.worker import State

__all__ = ["Placed"]


class Placed:
    """What a parent knows of a worker; it answers on its control socket.

    Attributes:
        answers: what it says there.
        state: how far it has come.
        gone: whether its process has ended.
    """

    def __init__(self, number: int, directory: Path, state: State = State.SERVING) -> None:
        self.number = number
        self.state = state
        self.pid = os.getpid()
        self.began = time.monotonic()
        self.control_socket = directory / f"{number}.sock"
        self.seen_metrics: list[MetricSamples] = []
        self.buried = False
        self.gone = False
        self.answers = Looked()
        self._server: Any = ControlServer(self.control_socket, self.answers.answer)
        self._server.start()

    def ends(self, within: float) -> bool:
        return self.gone

    def close(self) -> None:
        """Answer no more; a second time does nothing."""
        server, self._server = self._server, None
        if server is not None:
            server.stop()
