"""A clock of trials on a sandbox: no time passes but by its own sleep, and the test says what happens meanwhile."""

from __future__ import annotations

from collections.abc import Callable

from doubles.hub import until

from relay_runtime.sandbox import Sandbox

__all__ = ["TrialClock"]


class TrialClock:
    """What `RealClock` is, in the hands of a test.

    Attributes:
        slept: how long each sleep was, in seconds.
        meanwhile: called with the seconds of a sleep, once all that the sandbox had sent was acknowledged.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._now = 0.0
        self.slept: list[float] = []
        self.meanwhile: Callable[[float], object] = float

    def now(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += seconds
        self.slept.append(seconds)
        until(lambda: not any(each.unacked for each in self._sandbox.sessions() if each.peer is not None), "an ack")
        self.meanwhile(seconds)
