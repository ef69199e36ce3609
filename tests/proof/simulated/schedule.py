"""What will happen in a simulation: drawn from its seed before it begins, so that parts of it can be left out."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from relay_actors.timing import Timing

__all__ = ["FAULTS", "Item", "Schedule", "Setting", "draw", "ranges", "read_ranges"]

_MANY = 1000  # calls, from which on there shall be hundreds at a time

TRAFFIC = {"call": 62, "dial": 20, "text": 5, "text in": 7, "task": 2, "operator": 4}
FAULTS = {
    "cut": 6, "reset": 3, "truncated frame": 3, "stall": 4, "half-open link": 3, "disconnect": 3,
    "disconnect, restart": 0.5, "session forgotten": 0.5, "session void": 0.5, "session renewed": 2,
    "restart": 2, "restart without memory": 0.5, "door": 4, "outage": 2, "malformed frame": 6, "flood": 0.2,
    "disturbed way": 4, "calm way": 4, "harmed request": 30, "harmed event": 24, "offers overtaken": 5,
    "odd numbers": 3,
    "router killed": 1, "messaging killed": 1, "connection killed": 2, "connection supervisor killed": 1,
    "call killed": 3, "client restarted": 0.5, "client drained": 0.5, "contexts changed": 2, "credentials renewed": 1,
}  # fmt: skip
"""From the name of a fault to its weight."""


@dataclass(frozen=True)
class Item:
    """One thing that happens.

    Attributes:
        number: its place in the schedule.
        at: virtual seconds from the beginning.
        kind: of `TRAFFIC` or `FAULTS`.
        seed: all that it does by chance follows from it, whatever else happens.
    """

    number: int
    at: float
    kind: str
    seed: str

    def chance(self) -> random.Random:
        """Return its own source of chance, from the beginning."""
        return random.Random(self.seed)

    @property
    def is_fault(self) -> bool:
        """Whether it is no traffic."""
        return self.kind in FAULTS


@dataclass(frozen=True)
class Setting:
    """What client and sandbox are like in one simulation."""

    sandbox: dict[str, Any]
    client: dict[str, Any]
    handler: bool  # whether a function serves the calls, in the place of a class


@dataclass(frozen=True)
class Schedule:
    """A whole simulation before it is played."""

    seed: int
    calls: int
    setting: Setting
    items: tuple[Item, ...]

    def only(self, numbers: Iterable[int] | None) -> tuple[Item, ...]:
        """Return the items with these numbers; all of them for None."""
        if numbers is None:
            return self.items
        kept = set(numbers)
        return tuple(item for item in self.items if item.number in kept)


def draw(seed: int, calls: int) -> Schedule:
    """Draw a simulation in which so many calls, dials and messages are begun."""
    chance = random.Random(f"simulation {seed}")
    setting = _setting(chance, [10, 40, 150, 1000] if calls < _MANY else [400, 1000])
    rate = chance.uniform(0.5, 5.0) if calls < _MANY else chance.uniform(4.0, 8.0)
    every = chance.choice([5.0, 10.0, 30.0, 60.0])
    # Not all faults in each: what one hides, another shows.
    faults = {name: weight for name, weight in FAULTS.items() if chance.random() < 0.6} or {"cut": 1.0}
    moments = [(at, True) for at in _moments(chance, calls, rate)]
    moments += [(at, False) for at in _faulty_moments(chance, moments[-1][0], every)]
    items = []
    for number, (at, traffic) in enumerate(sorted(moments)):
        kinds = TRAFFIC if traffic else faults
        kind = chance.choices(list(kinds), list(kinds.values()))[0]
        items.append(Item(number, at, kind, f"{seed}/{number}"))
    return Schedule(seed, calls, setting, tuple(items))


def _moments(chance: random.Random, count: int, rate: float) -> list[float]:
    at, moments = 0.0, []
    for _ in range(count):
        at += chance.expovariate(rate)
        moments.append(at)
    return moments


def _faulty_moments(chance: random.Random, until: float, every: float) -> list[float]:
    at, moments = chance.uniform(0, every), []
    while at < until + 30.0:  # behind the last caller too, who has hardly been served by then
        moments.append(at)
        at += chance.expovariate(1 / every)
    return moments


def _setting(chance: random.Random, caps: list[int]) -> Setting:
    sandbox = {
        "resume_window": chance.choice([10.0, 20.0, 60.0]),
        "ping_interval": chance.choice([None, 5.0, 30.0]),
        "ping_timeout": 10.0,
        "events_first": chance.random() < 0.2,
        "answered_first": chance.random() < 0.3,
        "dial_answered_first": chance.random() < 0.3,
        "redelivery": chance.choice(["same_id", "new_id"]),
        "refusal_shape": chance.choice(["error", "result"]),
        "event_shape": chance.choice(["draft", "sdk"]),
        "late_recordings": chance.random() < 0.2,
        "journal_frames": 20,
    }
    leaves = chance.random() < 0.3
    client = {
        "max_active_calls": chance.choice(caps),
        "overload": chance.choice(["drop", "pass", "busy"]),
        "leave_at": 0.9 if leaves else None,
        "timing": Timing(
            dial_timeout=chance.choice([15.0, 60.0, 120.0]),
            message_ttl=chance.choice([20.0, 300.0]),
            request_timeout=chance.choice([4.0, 10.0]),
        ),
    }
    return Setting(sandbox, client, handler=chance.random() < 0.3)


def ranges(numbers: Iterable[int]) -> str:
    """Return numbers as ``0-4,7``, or ``none``."""
    parts: list[list[int]] = []
    for number in sorted(numbers):
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in parts) or "none"


def read_ranges(text: str) -> list[int]:
    """Return the numbers of `ranges`.

    Raises:
        ValueError: it is none.
    """
    numbers: list[int] = []
    for part in text.split(",") if text != "none" else []:
        first, dash, last = part.partition("-")
        try:
            numbers += range(int(first), int(last if dash else first) + 1)
        except ValueError:
            raise ValueError(f"{part!r} is no number and no range such as 0-4") from None
    return numbers
