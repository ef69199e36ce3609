"""CPU time and memory of another process, read from outside: who is measured has no part in the measuring."""

import os
import time
from collections.abc import Iterable
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")
_SCHEDULER_CLOCK = 2


class Meter:
    """Reads the kernel's account of one process (Linux).

    Args:
        pid: The process to measure.
    """

    def __init__(self, pid: int) -> None:
        # What clock_getcpuclockid(3) computes: nanoseconds, where /proc/PID/stat counts in steps of 10 ms.
        self._clock = (~pid << 3) | _SCHEDULER_CLOCK
        self._statm = Path(f"/proc/{pid}/statm")
        self._mark = self.rss_bytes()

    def cpu_seconds(self) -> float:
        """Return the CPU time of all threads of the process, user and system, in seconds."""
        return time.clock_gettime(self._clock)

    def rss_bytes(self) -> int:
        """Return the resident memory of the process in bytes."""
        return int(self._statm.read_text().split()[1]) * _PAGE

    def mark(self) -> None:
        """Take the memory of now as the one that growth is counted from."""
        self._mark = self.rss_bytes()

    def grown_bytes(self) -> int:
        """Return by how much the process has grown since the mark, in bytes."""
        return self.rss_bytes() - self._mark


class Meters:
    """Reads the accounts of several processes that do one job.

    Args:
        pids: The processes to measure.
    """

    def __init__(self, pids: Iterable[int]) -> None:
        self._each = [Meter(pid) for pid in pids]

    def cpu_seconds(self) -> float:
        """Return the CPU time of all of them, in seconds."""
        return sum(meter.cpu_seconds() for meter in self._each)

    def rss_bytes_each(self) -> list[int]:
        """Return the resident memory of each, in bytes."""
        return [meter.rss_bytes() for meter in self._each]
