"""What a campaign has still to dial: in order, bounded in memory whatever it was given."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from heapq import heappop, heappush
from itertools import count

from relay_runtime.campaign.item import CampaignItem

__all__ = ["Backlog", "Entry"]


class Entry:
    """An item, and how often it was dialled."""

    __slots__ = ("attempts", "item")

    def __init__(self, item: CampaignItem) -> None:
        self.item = item
        self.attempts = 0


class Backlog:
    """The items of a campaign that are not being dialled.

    Those whose delay is over come first, then those that were added one by one, then those of the iterables, which are
    pulled one at a time.
    """

    def __init__(self) -> None:
        self._waiting: deque[Entry] = deque()
        self._later: list[tuple[float, int, Entry]] = []  # a heap
        self._sources: deque[Iterator[CampaignItem]] = deque()
        self._numbers = count()  # so that entries that are due together are never compared

    def __bool__(self) -> bool:
        return bool(self._waiting or self._later or self._sources)

    def __len__(self) -> int:
        """How many items were taken and are kept; what the iterables still have is not known."""
        return len(self._waiting) + len(self._later)

    @property
    def unread(self) -> bool:
        """Whether there is an iterable that was not read to its end."""
        return bool(self._sources)

    def add(self, item: CampaignItem) -> None:
        """Keep one item."""
        self._waiting.append(Entry(item))

    def add_source(self, items: Iterable[CampaignItem]) -> None:
        """Keep an iterable; nothing is pulled from it yet."""
        self._sources.append(iter(items))

    def put_back(self, entry: Entry) -> None:
        """Keep an entry that was taken, to be the next."""
        self._waiting.appendleft(entry)

    def keep_until(self, due: float, entry: Entry) -> None:
        """Keep an entry until a moment."""
        heappush(self._later, (due, next(self._numbers), entry))

    def delay(self, now: float) -> float | None:
        """Return the seconds until there may be an item to take: 0.0 is at once, None never."""
        if self._waiting or self._sources:
            return 0.0
        return max(0.0, self._later[0][0] - now) if self._later else None

    def take(self, now: float) -> Entry | None:
        """Return the next entry, or None when there is none now. Blocks as the iterable does.

        Raises:
            TypeError: the iterable gave something else.
            Exception: whatever the iterable raised.
        """
        if self._later and self._later[0][0] <= now:
            return heappop(self._later)[2]
        if self._waiting:
            return self._waiting.popleft()
        while self._sources:
            for item in self._sources[0]:
                return Entry(checked_item(item))
            self._sources.popleft()
        return None

    def rest(self) -> Iterator[CampaignItem]:
        """Take the items out, one by one: those that wait, then what the iterables still have."""
        while self._waiting or self._later:
            yield (self._waiting.popleft() if self._waiting else heappop(self._later)[2]).item
        while self._sources:
            source = self._sources[0]
            yield from source
            if self._sources and self._sources[0] is source:
                self._sources.popleft()


def checked_item(item: object) -> CampaignItem:
    """Return an item if it is one.

    Raises:
        TypeError: it is something else.
    """
    if not isinstance(item, CampaignItem):
        raise TypeError(f"the iterable gave a {type(item).__name__}; accepted are CampaignItems")
    return item
