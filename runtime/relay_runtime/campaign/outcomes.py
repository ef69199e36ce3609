"""The outcomes of a campaign that nobody has read yet."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from gevent.event import Event

from relay_actors.call.call import Call
from relay_runtime.campaign.outcome import CampaignOutcome

__all__ = ["Outcomes", "Told"]

Told = CampaignOutcome[Call]


class Outcomes:
    """Keeps outcomes until somebody reads them; each is read once, whoever reads.

    Args:
        through: whether no more come.
    """

    def __init__(self, through: Callable[[], bool]) -> None:
        self._through = through
        self._kept: deque[Told] = deque()
        self._news = Event()  # one is there, or no more come

    def __len__(self) -> int:
        return len(self._kept)

    def put(self, outcome: Told) -> None:
        """Keep an outcome. Never blocks."""
        self._kept.append(outcome)
        self._news.set()

    def give_back(self, outcome: Told) -> None:
        """Keep an outcome that was read for somebody who has gone; it is the next. Never blocks."""
        self._kept.appendleft(outcome)
        self._news.set()

    def look_for_end(self) -> None:
        """Tell those who wait if no more come. Never blocks."""
        if self._through():
            self._news.set()

    def at_hand(self) -> Told | None:
        """Return the next outcome, or None while there is none. Never blocks."""
        return self._kept.popleft() if self._kept else None

    def next(self) -> Told | None:
        """Return the next outcome, or None when no more come. Blocks the current greenlet until then."""
        while not self._kept and not self._through():
            self._news.clear()
            self._news.wait()
        return self.at_hand()
