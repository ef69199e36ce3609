"""What a client was made with: its arguments, checked, and what is counted and watched of it."""

from __future__ import annotations

import msgspec

from relay_actors.call.crash_policy import CrashPolicy, checked_policy
from relay_actors.call.observer import CallObserver
from relay_actors.routing.admission import Admission
from relay_actors.telemetry.stats import Stats
from relay_actors.timing import Timing
from relay_runtime.client.frame_tap import FrameTap
from relay_runtime.settings.client import Settings
from relay_runtime.watch.hub_guard import checked_limit

__all__ = ["ClientSetup"]


class ClientSetup(msgspec.Struct, frozen=True):
    """What the parts of a client share, and none of them changes.

    Attributes:
        settings: where to log in, with what, and the cap.
        timing: delays and limits.
        overload: what happens to an offer beyond the cap.
        leave_at: the share of the cap at which the contexts are left, or None.
        return_at: the share at which they are received again, or None.
        when_crashed: what becomes of a call whose code crashes.
        observer: is told what happens to calls, or None.
        hub_guard: seconds for which code may block the hub, or None for no guard.
        stats: what is counted; outlives every tree of actors.
        tap: where frames can be watched; outlives every connection.

    Raises:
        ValueError: a value is out of range.
        TypeError: a value is of a type that is not accepted.
    """

    settings: Settings
    timing: Timing
    overload: str
    leave_at: float | None
    return_at: float | None
    when_crashed: CrashPolicy
    observer: CallObserver | None
    hub_guard: float | None
    stats: Stats = msgspec.field(default_factory=Stats)
    tap: FrameTap = msgspec.field(default_factory=FrameTap)

    def __post_init__(self) -> None:
        checked_limit(self.hub_guard)
        checked_policy(self.when_crashed, "argument when_crashed=")
        self.admission()

    def admission(self, limit: int | None = None) -> Admission:
        """Return the slots for inbound calls, all of them free: each tree of actors begins so.

        Args:
            limit: how many; None: as many as the client has.
        """
        if limit is None:
            limit = self.settings.max_active_calls
        return Admission(limit, self.overload, leave_at=self.leave_at, return_at=self.return_at)
