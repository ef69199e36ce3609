"""A campaign whose time the test owns, and a client that makes its calls as the test says."""

from __future__ import annotations

import math
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from typing import Any

from doubles.hub import turns
from gevent.event import Event

from relay_actors.session.command import Command
from relay_actors.telemetry.stats import Stats
from relay_runtime import DialFailed
from relay_runtime.campaign.alarm import Alarm
from relay_runtime.campaign.campaign import Campaign
from relay_runtime.campaign.item import CampaignItem

__all__ = ["DEVICES", "OwnedAlarm", "ScriptedDialler", "busy", "campaign_of", "items"]

DEVICES: list[list[dict[str, Any]]] = [[{"type": "phone", "params": {"to_number": "+15550100001"}}]]


def items(count: int) -> list[CampaignItem]:
    """Return items with the keys 0, 1, …"""
    return [CampaignItem(DEVICES, key=number) for number in range(count)]


class OwnedAlarm(Alarm):
    """Time that passes when the campaign waits for it, and then at once.

    Attributes:
        time: what o'clock it is, in seconds; it begins at 1000.
        last: the moment after which it stands still.
    """

    def __init__(self) -> None:
        super().__init__()
        self.time = 1000.0
        self.last = math.inf
        self._agenda: list[tuple[float, int, Event]] = []
        self._numbers = count()

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        """Block the current greenlet for so many seconds of this time."""
        event = Event()
        heappush(self._agenda, (self.time + seconds, next(self._numbers), event))
        event.wait()

    def wait(self, seconds: float | None) -> None:
        turns(4)
        due = math.inf if seconds is None else self.time + max(seconds, 1e-9)
        moment = min(due, self._agenda[0][0] if self._agenda else math.inf)
        if self._rung.is_set() or moment == math.inf or moment > self.last:
            super().wait(None)
            return
        self.pass_to(moment)

    def pass_to(self, moment: float) -> None:
        """Let time pass, and everybody run whose sleep is over."""
        self.time = max(self.time, moment)
        while self._agenda and self._agenda[0][0] <= self.time:
            heappop(self._agenda)[2].set()
        turns(4)


class ScriptedDialler:
    """Makes calls that are what the test says.

    Args:
        answer: called with an item and the future of its reply, in the place of the dial; what it returns is the call.
        talk: called with the call; when it returns, the call has ended.

    Attributes:
        begun: when each dial began, and the key of its item.
        live: how many dials and calls are under way.
        most: how many were at most.
    """

    def refuse_elsewhere(self) -> None:
        """Belong to every thread."""

    def __init__(
        self,
        alarm: OwnedAlarm,
        answer: Callable[[CampaignItem, Command], Any] = lambda item, _: item,
        talk: Callable[[Any], object] = lambda _: None,
    ) -> None:
        self.stats = Stats()
        self.ready = True
        self.over = False
        self.begun: list[tuple[float, Any]] = []
        self.live = self.most = 0
        self.watchers: list[Callable[[], object]] = []
        self._alarm = alarm
        self._answer = answer
        self._talk = talk

    def become(self, *, ready: bool = True, over: bool = False) -> None:
        """Change, and tell those who watch."""
        self.ready, self.over = ready, over
        for told in self.watchers:
            told()

    def watch(self, told: Callable[[], object]) -> Callable[[], object]:
        self.watchers.append(told)
        return lambda: self.watchers.remove(told)

    def dial(self, item: CampaignItem, replied: Command) -> Any:
        self.begun.append((self._alarm.now(), item.key))
        self.live += 1
        self.most = max(self.most, self.live)
        replied.sent = True
        try:
            return self._answer(item, replied)
        except BaseException:
            self.live -= 1
            raise

    def wait_for_end(self, call: Any) -> None:
        self._talk(call)
        self.live -= 1


def busy(_item: CampaignItem, _replied: Command) -> Any:
    """Be busy."""
    raise DialFailed("nobody answered: busy", reason="busy", source="none")


def campaign_of(dialler: ScriptedDialler, alarm: OwnedAlarm, **how: Any) -> Campaign:
    """Return a campaign on owned time."""
    return Campaign("tests", dialler, alarm=alarm, **{"cps": 10, "at_once": 100, **how})
