"""Plays outages against the backoff of the runtime, and prints the share of sessions that each costs.

Nothing sleeps and nothing connects: the delays come from the very class that the connection's supervisor uses, with the
defaults of `Timing` and a seeded source of chance. An outage begins when the connection is lost. A try within it fails
at once; the first one behind it works, and the session is lost if the server's resume window is over by then.
"""

from __future__ import annotations

import random
from collections.abc import Iterable

from proof import document
from relay_actors.kit.restarts import Backoff, Restarts
from relay_actors.timing import Timing

__all__ = ["OUTAGES", "WINDOWS", "lost", "reconnects_at", "row"]

WINDOWS = (10, 20, 60)
OUTAGES = (2, 4, 6, 8, 9, 10, 12, 15, 18, 20, 25, 30)
_TIMING = Timing()
_BACKOFF = Backoff(first=_TIMING.backoff_first, limit=_TIMING.backoff_limit, limit_urgent=_TIMING.backoff_limit_live)
_SEED = 14
_SESSIONS = 20_000


def reconnects_at(outage: float, chance: random.Random, *, live: bool) -> float:
    """Return after how many seconds from the loss of its connection a client is connected again."""
    restarts = Restarts(_BACKOFF)
    now = restarts.failed(0.0, chance.random(), urgent=live)
    while now < outage:
        now += restarts.failed(now, chance.random(), urgent=live)
    return now


def lost(outage: float, windows: Iterable[float], *, live: bool, sessions: int = _SESSIONS) -> list[float]:
    """Return the share of sessions, from 0 to 1, that an outage of so many seconds costs, for each resume window."""
    chance = random.Random(_SEED)
    ends = [reconnects_at(outage, chance, live=live) for _ in range(sessions)]
    return [sum(end > window for end in ends) / sessions for window in windows]


def row(outage: int) -> str:
    """Return the row of the table for an outage. Takes a third of a second."""
    pairs = zip(lost(outage, WINDOWS, live=False), lost(outage, WINDOWS, live=True), strict=True)
    return f"| {outage} s | {' | '.join(f'{share:.1%}' for pair in pairs for share in pair)} |"


def main() -> None:
    """Print the table, and write it to docs/reliability.md."""
    heads = [f"window {window} s: {which}" for window in WINDOWS for which in ("before", "now")]
    lines = [f"| outage | {' | '.join(heads)} |", "|---:|" + "---:|" * len(heads), *map(row, OUTAGES)]
    table = "\n".join(lines)
    print(table)
    document.write("backoff", f"    $ make backoff\n\n{table}")


if __name__ == "__main__":
    main()
