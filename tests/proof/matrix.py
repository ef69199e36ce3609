"""The fault matrix: every fault in every phase of a call, with the session restored and lost.

python -m proof.matrix            play all, print the table, write it to docs/reliability.md
python -m proof.matrix link way   play these groups, print what is wrong
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from contextlib import nullcontext

import gevent
from gevent.lock import BoundedSemaphore
from gevent.pool import Pool
from loguru import logger

from proof import document
from proof.cell import Cell, Verdict
from proof.faults import FAULTS, GROUPS
from proof.leaks import census, left_over
from proof.phases import PHASES
from proof.process_faults import PROCESS_FAULTS
from proof.processes import play_processes, process_mistakes, process_report
from proof.table import Key, columns, summary, table

__all__ = ["cells_of", "play_group"]

_AT_ONCE = 24
_APART = 0.01  # seconds between the beginnings of two cells
_HELD_UP = 0.02  # a greenlet that wakes up so many seconds too late shows that this process has too much to do


def cells_of(group: str) -> list[Key]:
    """Return the cells of a group that make sense."""
    return [
        (fault, phase, restored)
        for fault in FAULTS
        if fault.group == group
        for phase in PHASES
        for restored in columns(fault)
        if not fault.reason_against(phase.name, restored=restored)
    ]


def play_group(cells: Iterable[Key]) -> tuple[dict[Key, Verdict], list[str]]:
    """Play cells side by side; return their verdicts, and what is left over when all have ended."""
    before = census()
    verdicts: dict[Key, Verdict] = {}
    pool = Pool(_AT_ONCE)
    one_at_a_time = BoundedSemaphore()

    def play(key: Key) -> None:
        fault, phase, restored = key
        with one_at_a_time if fault.heavy else nullcontext():
            verdicts[key] = Cell(fault, phase, restored=restored).play()

    for key in cells:
        pool.spawn(play, key)
        _keep_up()
    pool.join()
    return verdicts, left_over(before)


def _keep_up() -> None:
    """Wait a little, and until the cells that are played already leave this process time for another."""
    late = _HELD_UP
    while late >= _HELD_UP:
        begun = time.monotonic()
        gevent.sleep(_APART)
        late = time.monotonic() - begun - _APART


def main() -> int:
    """Play the groups that are named, or all; the exit code is 1 when anything is wrong."""
    logger.remove()
    only = sys.argv[1:]
    play_group([(FAULTS[0], PHASES[0], True)])  # what is made once for the process is made here
    begun = time.monotonic()
    verdicts: dict[Key, Verdict] = {}
    left: list[str] = []
    for group in only or GROUPS:
        played, remains = play_group(cells_of(group))
        print(f"{group}: {len(played)} cells, {sum(bool(v.mistakes) for v in played.values())} wrong")
        verdicts.update(played)
        left += remains
    report = f"{summary(verdicts, time.monotonic() - begun, left)}\n\n{table(verdicts)}"
    print(f"\n{report}")
    wrong = bool(left) or any(verdict.mistakes for verdict in verdicts.values())
    if not only:
        document.write("faults", f"    $ make faults\n\n{report}")
        played = play_processes(PROCESS_FAULTS)
        wrong = wrong or bool(process_mistakes(played))
        print(f"\n{process_report(played)}")
        document.write("processes", process_report(played))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
