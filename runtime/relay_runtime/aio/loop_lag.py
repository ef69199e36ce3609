"""How late the user's loop is: the time that every handler waits while somebody does not let go."""

from __future__ import annotations

from collections.abc import Callable

from relay_actors.kit import clock
from relay_runtime.aio.bridge import Bridge
from relay_runtime.watch.hub_lag import HubLag

__all__ = ["LoopLag"]


class LoopLag(HubLag):
    """Measures as `HubLag` does, by a beat that goes to the loop and back: the lag of a late hub is in it too.

    Its methods are called in the thread of the hub; `_echo` alone in the loop.

    Args:
        bridge: the way to the loop.
        clock: monotonic seconds.
    """

    def __init__(self, bridge: Bridge, clock: Callable[[], float] = clock.monotonic) -> None:
        super().__init__(clock)
        self._bridge = bridge
        self._away = False  # whether a beat is on its way

    def look(self) -> None:
        """Send a beat; the timer calls this. What it tells is noted when it is back."""
        if not self._away:
            self._away = True
            self._bridge.post(self._echo)

    def overdue(self) -> float:
        """Return how late the beat is that is on its way, in seconds."""
        return 0.0 if self._due is None else max(0.0, self._clock() - self._due)

    def _echo(self) -> None:
        self._bridge.send_if_alive(self._back)

    def _back(self) -> None:
        self._away = False
        if self._due is not None:
            super().look()
