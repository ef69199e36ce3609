"""An actor that runs what it is told to."""

from __future__ import annotations

from typing import Any

from relay_actors.kit.turns import TurnActor

__all__ = ["Job", "Worker"]


class Job:
    """A message: a piece of user code to run."""

    def __init__(self, function: Any, *args: Any, hosting: bool = False) -> None:
        self.function = function
        self.args = args
        self.hosting = hosting


class Worker(TurnActor):
    """Keeps what it is told; a `Job` is queued; a function is called at once, as a handler."""

    def __init__(self) -> None:
        super().__init__()
        self.applied: list[Any] = []
        self.crashes: list[BaseException] = []
        self.idle = 0
        self.running = 0
        self.most_running = 0

    def on_receive(self, message: Any) -> Any:
        if isinstance(message, Job):
            self.enqueue(self._count, message.function, *message.args, hosting=message.hosting)
        elif callable(message):
            return message()
        else:
            self.applied.append(message)
        return None

    def _count(self, function: Any, *args: Any) -> None:
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            function(*args)
        finally:
            self.running -= 1

    def on_idle(self) -> None:
        self.idle += 1

    def on_crash(self, error: BaseException) -> None:
        self.crashes.append(error)
