"""How dead workers are started again, and how a limit is shared out."""

from __future__ import annotations

import msgspec

from relay_actors.kit.restarts import Backoff, Intensity

__all__ = ["Policy", "share"]


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """When workers are started again, and when they are given up.

    Attributes:
        backoff: how the starts of one worker are spread.
        intensity: how many deaths for each worker are too many, if no worker serves calls.
        kill_after: seconds that a worker may take to end, beyond its drain timeout, until it is killed.
        blocked_after: seconds until a worker that was to end at once is killed, if it was blocked all that time.
        timeout: seconds for which a worker may be silent, from when it has loaded the app, until it is killed; 0: for
            ever.
    """

    backoff: Backoff = Backoff(first=1.0, limit=30.0, healthy_after=10.0)
    intensity: Intensity = Intensity(restarts=5, period=60.0)
    kill_after: float = 10.0
    blocked_after: float = 4.0
    timeout: float = 30.0


def share(limit: int, number: int, workers: int) -> int:
    """Return worker ``number``'s part of a limit, counted from 1; the parts of all together are the limit."""
    whole, rest = divmod(limit, workers)
    return whole + (1 if number <= rest else 0)
