"""What a worker writes down of its calls, so that its parent can read it however the worker has died.

It is a file without a name that both have open: of a process that was killed, its last line is still there.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from contextlib import suppress
from itertools import islice
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Final

import msgspec
from gevent.hub import get_hub

from relay_actors.telemetry.stats import Stats
from relay_runtime.metrics import MetricSamples, counted

__all__ = ["Tally", "TallyFile", "TallyKeeper"]

_NAMED: Final = 20
_LAST: Final = -2  # libev's lowest priority: after the greenlets that run in one round of the hub


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """The calls of a worker.

    Attributes:
        up: how many are the worker's to end, and the server has taken no hang-up of them.
        named: the ids of the first of them.
        offered: how many were offered.
        admitted: how many of those got an actor.
        refused: how many got none, by policy.
        ended: how many have ended, by end reason.
    """

    up: int = 0
    named: tuple[str, ...] = ()
    offered: int = 0
    admitted: int = 0
    refused: dict[str, int] = {}
    ended: dict[str, int] = {}

    @property
    def calls(self) -> int:
        """How many there were so far, inbound and outbound."""
        return self.up + sum(self.ended.values())

    @property
    def names(self) -> str:
        """The ids, and how many more there are, in words."""
        more = self.up - len(self.named)
        return ", ".join(self.named) + (f" and {more} more" if more else "")

    def metrics(self) -> list[MetricSamples]:
        """Return the counts as the metrics that they are of."""
        return [
            counted("relay_calls_offered", {"": self.offered}),
            counted("relay_calls_admitted", {"": self.admitted}),
            counted("relay_calls_refused", self.refused),
            counted("relay_calls_ended", self.ended),
        ]


class TallyFile:
    """The parent's end.

    Args:
        directory: where the file is made.
    """

    def __init__(self, directory: Path) -> None:
        self._file: Any = TemporaryFile(dir=directory, buffering=0)  # noqa: SIM115 - `close` closes it
        self._last = Tally()

    def fileno(self) -> int:
        """Return the file's descriptor."""
        return int(self._file.fileno())

    def read(self) -> Tally:
        """Return what was written last; never blocks."""
        if not self._file.closed:
            with suppress(msgspec.DecodeError):  # nothing was written yet
                whole = os.pread(self.fileno(), os.fstat(self.fileno()).st_size, 0)
                self._last = msgspec.json.decode(whole.partition(b"\n")[0], type=Tally)
        return self._last

    def close(self) -> None:
        """Close the file; what it says can still be read."""
        self.read()
        self._file.close()


class TallyKeeper:
    """The worker's end: writes the calls down whenever their numbers have changed, before its hub waits for events.

    Args:
        file: descriptor of the file.
        stats: what the client counts.
        up: returns the ids of the calls that are up.
    """

    def __init__(self, file: int, stats: Stats, up: Callable[[], Collection[str]]) -> None:
        self._file = file
        self._stats = stats
        self._up = up
        self._seen: tuple[int, ...] = ()
        self._watcher: Any = None

    def start(self) -> None:
        """Begin, in the thread of the client's hub. Never blocks."""
        self._watcher = get_hub().loop.prepare(ref=False, priority=_LAST)
        self._watcher.start(self._look)

    def close(self) -> None:
        """Write once more, and end."""
        self._watcher.stop()
        self._watcher.close()
        self.write()

    def _look(self) -> None:
        stats = self._stats
        ended = stats.calls_ended.total() + stats.calls_refused.total()
        seen = (stats.calls_offered, stats.calls_admitted, stats.calls_answered.total(), stats.dials.total(), ended)
        if seen != self._seen:
            self.write()
            self._seen = seen

    def write_in_thread(self) -> None:
        """Write the calls down in another thread, while the hub is blocked; never raises."""
        self.write()
        self._seen = ()  # what the hub writes when it goes on is newer

    def write(self) -> None:
        """Write the calls down; never raises."""
        stats = self._stats
        with suppress(OSError, RuntimeError):  # no room for it; the hub went on, and changed what was read
            up = self._up()
            tally = Tally(
                up=len(up),
                named=tuple(islice(up, _NAMED)),
                offered=stats.calls_offered,
                admitted=stats.calls_admitted,
                refused=dict(stats.calls_refused),
                ended=dict(stats.calls_ended),
            )
            # One call of the system, which a signal that kills does not cut in two.
            os.pwrite(self._file, msgspec.json.encode(tally) + b"\n", 0)
