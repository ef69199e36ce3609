"""Asks an actor for what it knows, and does without the answer when it does not come in time."""

from __future__ import annotations

from typing import Any, Final

import pykka

from relay_actors.errors import RelayError
from relay_actors.kit import clock
from relay_actors.kit.future import GreenletFuture

__all__ = ["Question", "deadline"]

_PATIENCE: Final = 1.0
"""Seconds in which an actor must have answered; longer, and it counts as unresponsive."""


def deadline() -> float:
    """Return until when actors that are asked now have time to answer, in monotonic seconds."""
    return clock.monotonic() + _PATIENCE


class Question:
    """One thing that an actor is asked, and its answer if it came in time.

    Args:
        future: of the answer.
    """

    def __init__(self, future: GreenletFuture[Any]) -> None:
        self._future = future

    def wait(self, end: float) -> None:
        """Wait for the answer until a moment in monotonic seconds. Blocks the current greenlet."""
        self._future.wait(max(0.0, end - clock.monotonic()))

    @property
    def answered(self) -> bool:
        """Whether the actor has answered, if only by its death."""
        return self._future.done()

    def answer(self, otherwise: Any) -> Any:
        """Return the answer, or ``otherwise`` when there is none. Never blocks."""
        try:
            return self._future.get(timeout=0)
        except (pykka.Timeout, pykka.ActorDeadError, RelayError):
            return otherwise
