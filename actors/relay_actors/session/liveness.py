"""Finds out whether the server is still there: when to probe it, and when it counts as dead (protocol 16.5).

Pure rules over a clock that the caller reads; times are monotonic seconds.
"""

from __future__ import annotations

from typing import Final, Literal

from relay_actors.timing import Timing

__all__ = ["Liveness"]

_LATE: Final = 0.5
"""A look at the clock that comes this share of ``probe_timeout`` too late was held up by this process."""


class Liveness:
    """What one connection heard last, and the probe that is on its way.

    Attributes:
        heard: when the last frame of any kind came; it answers a probe too.
    """

    def __init__(self, timing: Timing, now: float) -> None:
        self._timing = timing
        self.heard = now
        self._probed = now  # when the newest probe went out

    @property
    def _waiting(self) -> bool:
        """Whether a probe is on its way: nothing was heard since."""
        return self._probed > self.heard

    def probed(self, now: float) -> bool:
        """Note that a probe goes out; return False when one is on its way already."""
        if self._waiting:
            return False
        self._probed = now
        return True

    def due(self) -> float:
        """Return when the next look at the clock is due."""
        if self._waiting:
            return self._probed + self._timing.probe_timeout
        return self.heard + self._timing.probe_idle

    def verdict(self, now: float) -> Literal["alive", "probe", "dead"]:
        """Return what to do: nothing, send a probe, or give the connection up.

        When this process was held up itself, the answer may lie unread in the socket: the probe gets its time again.
        """
        late = now - self.due()
        if late < 0:
            return "alive"
        if not self._waiting:
            return "probe"
        if late > _LATE * self._timing.probe_timeout:
            self._probed = now
            return "alive"
        return "dead"

    def silence(self, now: float) -> float:
        """Return how long nothing was heard."""
        return now - self.heard
