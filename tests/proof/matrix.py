"""The fault matrix: every fault in every phase of a call, with the session restored and lost.

All cells are played in virtual time, client and server in one process; each row once more over sockets.

python -m proof.matrix            play all, print the table, write it to docs/reliability.md
python -m proof.matrix link way   play these groups, print what is wrong
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from contextlib import nullcontext

import gevent
from gevent.lock import BoundedSemaphore
from gevent.pool import Pool
from loguru import logger

from proof import document
from proof.cell import Cell, Verdict
from proof.faults import FAULTS, GROUPS
from proof.leaks import census, left_over
from proof.pace import IN_PROCESS, OVER_SOCKETS, Pace
from proof.phases import PHASES
from proof.process_faults import PROCESS_FAULTS
from proof.processes import play_processes, process_mistakes, process_report
from proof.table import Key, Verdicts, columns, mistakes, summary, table

__all__ = ["cells_of", "one_of_each_row", "play_group", "play_over_sockets"]

_ONCE = ("prompting", "recording", "dialling")  # a call that is up and waits for an event; else where the fault fits
_AT_ONCE = 24
_APART = 0.01  # seconds between the beginnings of two cells
_HELD_UP = 0.02  # a greenlet that wakes up so many seconds too late shows that this process has too much to do

Player = Callable[[Iterable[Key]], tuple[Verdicts, list[str]]]


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


def one_of_each_row(cells: Iterable[Key]) -> list[Key]:
    """Return of each fault, with the session restored and lost, the cell in one phase."""
    by_row: dict[object, list[Key]] = {}
    for fault, phase, restored in cells:
        if phase.name in _ONCE:
            by_row.setdefault((fault, restored), []).append((fault, phase, restored))
    return [min(row, key=lambda cell: _ONCE.index(cell[1].name)) for row in by_row.values()]


def play_group(cells: Iterable[Key]) -> tuple[Verdicts, list[str]]:
    """Play cells in virtual time, one after the other; return their verdicts, and what is left over behind them.

    A cell is the same each time: its time, its ids and its jitter depend on no other and on no machine.
    """
    before = census()
    verdicts = {key: _play(key, IN_PROCESS) for key in cells}
    return verdicts, left_over(before)


def play_over_sockets(cells: Iterable[Key]) -> tuple[Verdicts, list[str]]:
    """Play cells over sockets, side by side; return their verdicts, and what is left over when all have ended."""
    before = census()
    verdicts: dict[Key, Verdict] = {}
    pool = Pool(_AT_ONCE)
    one_at_a_time = BoundedSemaphore()

    def play(key: Key) -> None:
        with one_at_a_time if key[0].heavy else nullcontext():
            verdicts[key] = _play(key, OVER_SOCKETS)

    for key in cells:
        pool.spawn(play, key)
        _keep_up()
    pool.join()
    return verdicts, left_over(before)


def _play(key: Key, pace: Pace) -> Verdict:
    fault, phase, restored = key
    return Cell(fault, phase, restored=restored, pace=pace).play()


def _keep_up() -> None:
    """Wait a little, and until the cells that are played already leave this process time for another."""
    late = _HELD_UP
    while late >= _HELD_UP:
        begun = time.monotonic()
        gevent.sleep(_APART)
        late = time.monotonic() - begun - _APART


def _play_all(where: str, play: Player, groups: Iterable[list[Key]]) -> tuple[Verdicts, str, bool]:
    """Play groups of cells; return the verdicts, what came of them in a paragraph, and whether all is right."""
    begun = time.monotonic()
    verdicts: dict[Key, Verdict] = {}
    left: list[str] = []
    for cells in groups:
        played, remains = play(cells)
        print(f"{cells[0][0].group}, {where}: {len(played)} cells, {len(mistakes(played))} wrong")
        verdicts.update(played)
        left += remains
    report = f"{where[0].upper()}{where[1:]}: {summary(verdicts, time.monotonic() - begun, left)}"
    return verdicts, report, not left and not mistakes(verdicts)


def main() -> int:
    """Play the groups that are named, or all; the exit code is 1 when anything is wrong."""
    logger.remove()
    only = sys.argv[1:]
    for play in (play_group, play_over_sockets):  # what is made once for the process is made here
        play([(FAULTS[0], PHASES[0], True)])
    groups = [cells_of(group) for group in only or GROUPS]
    virtual, in_process, right = _play_all("in virtual time", play_group, groups)
    real, over_sockets, right_too = _play_all("over sockets", play_over_sockets, map(one_of_each_row, groups))
    wrong = "\n".join(f"- over sockets: {name}: {what}" for name, what in mistakes(real).items())
    report = "\n\n".join(filter(None, [in_process, over_sockets, table(virtual), wrong]))
    print(f"\n{report}")
    right = right and right_too
    if not only:
        document.write("faults", f"    $ make faults\n\n{report}")
        played = play_processes(PROCESS_FAULTS)
        right = right and not process_mistakes(played)
        print(f"\n{process_report(played)}")
        document.write("processes", process_report(played))
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
