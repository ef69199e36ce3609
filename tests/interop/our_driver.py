"""Takes the steps of ``surface`` with `RelayClient`, as ``official_driver`` does with SignalWire's own client."""

from __future__ import annotations

from typing import Any

from gevent.event import Event
from gevent.queue import Queue
from interop.surface import ENDINGS, ON_ONE_CALL, Step

from relay_runtime import Call, RelayClient

LIMIT = 10.0


class Driver:
    """Takes every step; an error of a step is the test's."""

    def __init__(self, host: str) -> None:
        self.client = RelayClient(project="project", token="token", host=host, contexts=["office"])
        self.calls: Queue[Call] = Queue()
        self.kept: dict[str, Any] = {}
        self.done = Event()
        self.client.on_call(self._hold)

    def _hold(self, call: Call) -> None:
        self.calls.put(call)
        self.done.wait(LIMIT)

    def main(self) -> None:
        self.client.connect(LIMIT)
        try:
            self.take(ON_ONE_CALL)
            for step in ENDINGS:
                self.take((step,))
        finally:
            # Whatever the end of the client sends is part of no step.
            self.client.execute("test.step", {"label": "after the last step"})
            self.done.set()
            self.client.disconnect()

    def take(self, steps: tuple[Step, ...]) -> None:
        self.client.execute("test.offer", {})
        call = self.calls.get(timeout=LIMIT)
        for step in steps:
            self.client.execute("test.step", {"label": step.label})
            target = {"call": call, "client": self.client}.get(step.target) or self.kept[step.target[1:]]
            self.kept[step.label] = getattr(target, step.method)(*step.args, **step.kwargs)
