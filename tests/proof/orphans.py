"""The proof that a process that is killed leaves no orphan: `kill -9` at random moments, under calls in every state.

SEED=1 ROUNDS=50 python -m proof.orphans    run, print the figures, write them to docs/reliability.md
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Protocol

import gevent
from loguru import logger

from proof import document
from proof.orphans_crew import ANSWERS, BUSY, CREWS, LIMIT, RINGS, Crew, Kind
from proof.orphans_judge import ENDS, KINDS, Judge, Witness
from relay_runtime.sandbox import Callee, Caller, Sandbox

__all__ = ["Figures", "Lag", "Processes", "play", "report", "watch"]

_OFFERS = 150.0  # inbound calls a second
_LINES = 600  # calls that may be up at once; who calls while all lines are taken does not come through
_ALONE = 1.0  # seconds for which a call may be alone, and for which each round is looked at
_PATIENCE = 3.0  # more seconds until a call that is alone is given up
_SHORTLY = 0.5  # seconds between two kills, at most
_TICK = 0.01  # seconds between two looks
_IDLE = 0.002  # seconds by which a look is late on a machine that has nothing to do
_STINT = 4  # rounds of the same processes


class Processes(Protocol):
    """Those of an app."""

    @property
    def log(self) -> str:
        """What they have logged."""

    def everybody(self) -> list[int]:
        """Return the process ids of those that run."""


@dataclass
class Figures:
    """What came of the rounds of one kind.

    Attributes:
        fates: how many calls were what at the kill, and what became of them.
        rounds: of each round the seconds for which a call was alone, the longest time, and those that the machine
            itself was late until the last call was served.
    """

    fates: Counter[tuple[str, str]] = field(default_factory=Counter)
    rounds: list[tuple[float, float]] = field(default_factory=list)

    @property
    def orphans(self) -> int:
        """How many calls were alone for longer than they may be."""
        return sum(count for (_, end), count in self.fates.items() if end == ENDS[-1])


class Storm:
    """Callers, as many a second as asked for.

    Args:
        sandbox: whom they call.
        chance: what they do, and when.
        offers: calls a second.
    """

    def __init__(self, sandbox: Sandbox, chance: random.Random, offers: float) -> None:
        self._sandbox = sandbox
        self._chance = chance
        self._offers = offers
        sandbox.on_dial(ANSWERS, Callee().rings(4).answers().waits(100).hangs_up())
        sandbox.on_dial(BUSY, Callee().rings(2).is_busy())
        sandbox.on_dial(RINGS, Callee().never_answers())
        self._calling = gevent.spawn(self._call)

    def _call(self) -> None:
        due = time.monotonic()
        while True:
            due += self._chance.expovariate(self._offers)
            gevent.sleep(max(0.0, due - time.monotonic()))
            caller = self._caller()
            if self._sandbox.counters.calls_up < _LINES:
                self._sandbox.place(caller)

    def _caller(self) -> Caller:
        chance = self._chance
        caller = Caller(f"+1555{chance.randrange(10**7):07d}").dials("office", patience=LIMIT)
        match chance.randrange(8):
            case 0:
                return caller.abandons(chance.uniform(0.5, 20))
            case 1:
                return caller.waits(chance.uniform(5, 60)).hangs_up()
        return caller.hears("Press 1", LIMIT).waits(chance.uniform(5, 40)).presses("1").waits_for_hangup(LIMIT)

    def end(self) -> None:
        """Let nobody call any more."""
        self._calling.kill()


class Lag:
    """How late the machine is: this hub at its own looks, or a process that has work and gets no core for it.

    What a process computes counts as its own time, and is no lag.

    Args:
        crew: the processes, those that run now.
    """

    def __init__(self, crew: Processes) -> None:
        self._before = {pid: _waited(pid) for pid in crew.everybody()}
        self._late = 0.0

    def look_again(self) -> None:
        """Sleep until the next look."""
        due = time.monotonic() + _TICK
        gevent.sleep(_TICK)
        self._late += max(0.0, time.monotonic() - due - _IDLE)

    def seconds(self) -> float:
        """Return how late it was in all, since this was made: the later of both."""
        return max([self._late, *(_waited(pid) - before for pid, before in self._before.items())])


def _waited(pid: int) -> float:
    """Return the seconds for which a process was ready to run and had no core; 0.0 where the system does not tell."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    except (OSError, IndexError):
        return 0.0


def play(
    seed: int, rounds: int, kinds: Iterable[Kind] = CREWS, *, offers: float = _OFFERS, alone: float = _ALONE
) -> dict[Kind, Figures]:
    """Play rounds, shared out among the kinds. Blocks the current greenlet for some seconds a round.

    Args:
        seed: seeds all that is by chance, but for what the machine does.
        rounds: how often a process is killed.
        kinds: how the app is run.
        offers: inbound calls a second.
        alone: seconds for which a call may be alone, beyond what the machine itself is late.
    """
    chance = random.Random(seed)
    kinds = list(kinds)
    figures = {kind: Figures() for kind in kinds}
    for number, kind in enumerate(kinds):
        left = rounds // len(kinds) + (number < rounds % len(kinds))
        while left > 0:
            _stint(kind, figures[kind], min(left, _STINT), chance, offers, alone)
            left -= _STINT
    return figures


def _stint(kind: Kind, figures: Figures, rounds: int, chance: random.Random, offers: float, alone: float) -> None:
    """Start processes, and kill them a few times."""
    witness = Witness()
    sandbox = Sandbox(time_scale=0.05, control_port=None, ping_interval=None, resume_window=LIMIT, seed=7)
    with witness.watching(), sandbox, Crew(kind, sandbox, chance) as crew:
        storm = Storm(sandbox, chance, offers)
        for _ in range(rounds):
            crew.complete()
            gevent.sleep(chance.uniform(0.3, 2.0))
            sandbox.settings.change(redelivery=chance.choice(["same_id", "new_id"]))
            _round(sandbox, crew, witness, figures, alone)
        storm.end()


def _round(sandbox: Sandbox, crew: Crew, witness: Witness, figures: Figures, alone: float) -> None:
    judge = Judge(sandbox, witness)
    killed, survived = time.monotonic(), crew.kill()
    for _ in range(crew.kind.kills - 1):
        gevent.sleep(crew.chance.uniform(0, _SHORTLY))
        killed, survived = time.monotonic(), crew.kill()
    lag = watch(sandbox, crew, judge, killed if survived else None, alone)
    judged = judge.judged()
    for fate in judged:
        end = judge.end_of(fate) if fate.longest - lag <= alone else ENDS[-1]
        figures.fates[fate.kind, end] += 1
    figures.rounds.append((max((fate.longest for fate in judged), default=0.0), lag))
    crew.orphaned |= judge.orphaned()
    judge.tidy_up()


def watch(sandbox: Sandbox, crew: Processes, judge: Judge, begin: float | None, alone: float) -> float:
    """Look until nobody is alone, or too long; return how late the machine was until then, in seconds.

    Args:
        sandbox: where the calls are.
        crew: the processes.
        judge: who looks.
        begin: since when a call may not be alone, in monotonic seconds; None: the first login from now on says when.
        alone: seconds for which it may be.
    """
    logins, limit = _logins(sandbox), time.monotonic() + LIMIT
    lag, late, somebody = Lag(crew), 0.0, True
    while True:
        if begin is None and _logins(sandbox) > logins:
            begin, lag = time.monotonic(), Lag(crew)
        before, somebody = somebody, judge.look(begin)
        now = time.monotonic()
        late = lag.seconds() if before else late
        if begin is None:
            assert now < limit, f"no successor has logged in:\n{crew.log[-3000:]}"
        elif now - begin >= (alone + _PATIENCE + late if somebody else _ALONE):
            return late
        lag.look_again()


def _logins(sandbox: Sandbox) -> int:
    return sandbox.counters.sessions + sandbox.counters.resumes


def report(figures: dict[Kind, Figures]) -> str:
    """Return what came of it as Markdown: a sentence, then what the calls were, then how the app was run."""
    total: Counter[tuple[str, str]] = sum((each.fates for each in figures.values()), Counter())
    orphans = sum(each.orphans for each in figures.values())
    rounds = sum(len(each.rounds) for each in figures.values())
    what = [(kind, *_counted({end: total[kind, end] for end in ENDS})) for kind in KINDS]
    how = [
        (
            kind.name,
            len(each.rounds),
            *_counted({end: sum(each.fates[what, end] for what in KINDS) for end in ENDS}),
            f"{median(seconds for seconds, _ in each.rounds):.2f} s",
            *(f"{seconds:.2f} s" for seconds in max(each.rounds)),
        )
        for kind, each in figures.items()
        if each.rounds
    ]
    alone = ("longest alone, median", "the longest of all", "the machine's lag then")
    lines = [
        f"{rounds} rounds; {sum(total.values())} calls judged; {orphans} orphans.",
        "",
        *_table(("at the kill", "calls", *ENDS), what),
        "",
        *_table(("processes", "rounds", "calls", *ENDS, *alone), how),
    ]
    return "\n".join(lines)


def _counted(counts: dict[str, int]) -> list[int]:
    return [sum(counts.values()), *counts.values()]


def _table(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> list[str]:
    written = [f"| {' | '.join(map(str, row))} |" for row in (head, *rows)]
    return [written[0], "|---|" + "---:|" * (len(head) - 1), *written[1:]]


def main() -> int:
    """Run with SEED and ROUNDS of the environment; the exit code is 1 when a call was orphaned."""
    logger.remove()
    seed, rounds = int(os.environ.get("SEED", "1")), int(os.environ.get("ROUNDS", "50"))
    figures = play(seed, rounds)
    text = f"Seed {seed}: {report(figures)}"
    print(text)
    document.write("orphans", f"    $ make orphans\n\n{text}")
    return 1 if any(each.orphans for each in figures.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
