"""Finds the least of a simulation that still breaks a law: its shortest prefix, and of that what can't be left out."""

from __future__ import annotations

from collections.abc import Sequence

from proof.simulated.play import Verdict, play
from proof.simulated.schedule import Item, Schedule
from relay_actors.kit import clock

__all__ = ["Shrunk", "shrink"]


class Shrunk:
    """The search for the least.

    Args:
        schedule: the simulation.
        found: what came of it.
        seconds: of the machine, after which the search ends with what it has.

    Attributes:
        kept: the items that are left.
        verdict: what comes of those.
        prefix: how many of the first items are enough.
        plays: how often it was played.
    """

    def __init__(self, schedule: Schedule, found: Verdict, seconds: float) -> None:
        self._schedule = schedule
        self._law = found.violations[0].law
        self._until = clock.real_monotonic() + seconds
        self.verdict = found
        self.kept: list[Item] = [item for item in schedule.items if item.at <= found.violations[0].at]
        self.prefix = len(schedule.items)
        self.plays = 0

    @property
    def _over(self) -> bool:
        return clock.real_monotonic() > self._until

    def _breaks(self, items: Sequence[Item]) -> bool:
        """Play these items alone; note them if the same law is broken."""
        self.plays += 1
        verdict = play(self._schedule, [item.number for item in items])
        broken = any(violation.law == self._law for violation in verdict.violations)
        if broken:
            self.kept, self.verdict = list(items), verdict
        return broken

    def search(self) -> None:
        """Search. Blocks for about as many seconds as were given at most."""
        if not self._breaks(self.kept):  # what comes behind matters too: such as what is left over in the end
            self.kept = list(self._schedule.items)
        self._shorten()
        self.prefix = len(self.kept)
        size = max(1, len(self.kept) // 2)
        while size and not self._over:
            self._leave_out(size)
            size = size // 2

    def _shorten(self) -> None:
        """Find the shortest prefix, as far as a prefix of one that does not break the law does not either."""
        items, passes, breaks = list(self.kept), 0, len(self.kept)
        while breaks - passes > 1 and not self._over:
            middle = (passes + breaks) // 2
            if self._breaks(items[:middle]):
                breaks = middle
            else:
                passes = middle

    def _leave_out(self, size: int) -> None:
        """Leave out what can be, so many at a time, the last ones first."""
        end = len(self.kept)
        while end > 0 and not self._over:
            start = max(0, end - size)
            self._breaks([*self.kept[:start], *self.kept[end:]])
            end = start


def shrink(schedule: Schedule, found: Verdict, seconds: float = 120.0) -> Shrunk:
    """Return the least of a simulation that breaks the same law as it did. Blocks for so many seconds, about."""
    shrunk = Shrunk(schedule, found, seconds)
    shrunk.search()
    return shrunk
