"""Steps that somebody has the far end of a call take while the call goes on, and what becomes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gevent.event import Event

from relay_runtime.sandbox.script.steps import Step

if TYPE_CHECKING:
    from relay_runtime.sandbox.script.performer import Performer

__all__ = ["Performance"]


class Performance:
    """Steps under way; made by `Run.perform`.

    Args:
        steps: those, in order.
        performer: who takes them.

    Attributes:
        failure: why they were not all taken, or None.
    """

    def __init__(self, steps: tuple[Step, ...], performer: Performer | None) -> None:
        self.failure: str | None = None
        self._steps = steps
        self._taken = -1  # those before the current one; -1 before the first is begun
        self._performer = performer
        self._over = Event()

    def __repr__(self) -> str:
        state = "done" if self.done else self.failure or "under way"
        return f"<Performance of {len(self._steps)} steps: {state}>"

    @property
    def over(self) -> bool:
        """Whether nothing more comes of it: all steps were taken, or it has failed."""
        return self._over.is_set()

    @property
    def done(self) -> bool:
        """Whether all steps were taken."""
        return self.over and self.failure is None

    @property
    def left(self) -> tuple[Step, ...]:
        """The steps that were not taken yet, the one under way included."""
        return self._steps[max(0, self._taken) :]

    def wait(self, timeout: float | None = None) -> bool:
        """Block the current greenlet until it is over, ``timeout`` seconds at most; return whether it is.

        It is over when its call is, at the latest.
        """
        return bool(self._over.wait(timeout))

    def withdraw(self) -> None:
        """Take no further step, and let what comes behind go on. Without effect once it is over."""
        if self._performer is not None:
            self._performer.withdraw(self)

    # For its performer

    def next(self) -> Step | None:
        """Turn to the next step and return it; None when all were taken."""
        self._taken += 1
        return self._steps[self._taken] if self._taken < len(self._steps) else None

    def end(self, failure: str | None = None) -> None:
        """Note that it is over: with all steps taken, or with the reason why not."""
        self.failure = failure
        self._performer = None
        self._over.set()
