"""The simulation: client and sandbox in one process and in virtual time, under every fault, all of it by seed.

SEED=1 CALLS=20000 python -m proof.simulation              one seed
SEED=1 SEEDS=1000 CALLS=100 python -m proof.simulation     a thousand of them; PROCESSES=2 on two cores
FRESH=60 CALLS=100 python -m proof.simulation              seeds that nobody has seen, for a minute
SEED=7 CALLS=100 KEEP=3-9,20 python -m proof.simulation    some items of a seed alone, as a failure prints it
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import secrets
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from loguru import logger

from proof import document
from proof.simulated.laws import LAWS
from proof.simulated.play import Verdict, play
from proof.simulated.schedule import Schedule, draw, ranges, read_ranges
from proof.simulated.shrink import shrink
from relay_actors.kit import clock

__all__ = ["failure", "fresh_seeds", "main", "run_seed", "set_up"]

_SHRINKING = 120.0  # seconds of the machine
_SHOWN = 12  # items of what is left that are shown


def run_seed(seed: int, calls: int, keep: Iterable[int] | None = None) -> Verdict:
    """Play one seed, or some items of it. Blocks."""
    try:
        return play(draw(seed, calls), keep)
    except BaseException as error:
        error.add_note(f"in the simulation of SEED={seed} CALLS={calls}")
        raise


def fresh_seeds(seconds: float) -> Iterator[int]:
    """Return seeds that nobody has seen, until so many seconds of the machine are over."""
    until = clock.real_monotonic() + seconds
    while clock.real_monotonic() < until:
        yield secrets.randbelow(10**9)


def failure(schedule: Schedule, found: Verdict, seconds: float = _SHRINKING) -> str:
    """Say what is wrong with a simulation: the law, the least that still breaks it, and how to see it again."""
    shrunk = shrink(schedule, found, seconds)
    items = [f"    {item.number}: {item.kind} at {item.at:.3f} s" for item in shrunk.kept[-_SHOWN:]]
    before = [f"    … and {len(shrunk.kept) - _SHOWN} before"] if len(shrunk.kept) > _SHOWN else []
    numbers = ranges(item.number for item in shrunk.kept)
    command = f"make simulate SEED={found.seed} CALLS={found.calls}"
    return "\n".join((
        f"SEED={found.seed} CALLS={found.calls} breaks a law: {found.violations[0]}",
        f"  so do its first {shrunk.prefix} of {len(schedule.items)} items, and of those these {len(shrunk.kept)}:",
        *before, *items,
        *(f"  {violation}" for violation in shrunk.verdict.violations),
        f"  again, alike: {command} KEEP={numbers}   (digest {shrunk.verdict.digest})",
    ))  # fmt: skip


def _describe(verdicts: list[Verdict], seconds: float) -> list[str]:
    cpu = sum(verdict.cpu for verdict in verdicts)
    hours = sum(verdict.call_seconds for verdict in verdicts) / 3600
    counts: Counter[str] = sum((verdict.counts for verdict in verdicts), Counter())
    virtual = sum(verdict.virtual for verdict in verdicts) / 3600
    items = sum(verdict.items for verdict in verdicts)
    names = "; ".join(f"{count:,} {name}" for name, count in sorted(counts.items()))
    return [
        f"{items:,} calls, dials, messages and faults; {hours:,.1f} hours of calls in {virtual:,.1f} virtual hours, "
        f"{max(verdict.most for verdict in verdicts):,} of them served at a time at most",
        f"{cpu:.0f} s of the processor, {seconds:.0f} s of time: {hours / cpu * 600:,.0f} hours of calls in ten "
        f"minutes on one core",
        names,
    ]


def _one(seed: int, calls: int, keep: list[int] | None) -> int:
    began = clock.real_monotonic()
    verdict = run_seed(seed, calls, keep)
    lines = _describe([verdict], clock.real_monotonic() - began)
    said = "no law is broken" if not verdict.violations else f"{len(verdict.violations)} violations"
    lines = [f"seed {seed}, {calls:,} calls: {said}; digest {verdict.digest}", *lines]
    print("\n".join(f"- {line}" for line in lines))
    if keep is not None:
        print("\n".join(str(violation) for violation in verdict.violations))
    elif verdict.violations:
        print(failure(draw(seed, calls), verdict))
    else:
        _document("simulate", f"make simulate SEED={seed} CALLS={calls}", lines)
    return bool(verdict.violations)


def _several(seeds: Iterable[int], calls: int, processes: int, what: str) -> list[Verdict]:
    """Play seeds on so many processes; stop at the first that breaks a law, and say so."""
    if processes == 1:
        played: Iterable[Verdict] = map(partial(run_seed, calls=calls), seeds)
        return _read(played, what)
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), set_up) as pool:
        return _read(pool.map(partial(run_seed, calls=calls), seeds, chunksize=4), what)


def _read(played: Iterable[Verdict], what: str) -> list[Verdict]:
    verdicts = []
    for verdict in played:
        verdicts.append(verdict)
        if verdict.violations:
            print(failure(draw(verdict.seed, verdict.calls), verdict), flush=True)
        if sys.stdout.isatty():
            print(f"\r{len(verdicts)} {what}", end="", flush=True)
    return verdicts


def _many(seeds: Iterable[int], calls: int, processes: int, *, fresh: bool) -> int:
    began = clock.real_monotonic()
    verdicts = _several(seeds, calls, processes, "fresh seeds" if fresh else "seeds")
    broken = [verdict for verdict in verdicts if verdict.violations]
    which = f"seeds {verdicts[0].seed} to {verdicts[-1].seed}"
    if fresh:
        which = "fresh seeds " + ", ".join(str(verdict.seed) for verdict in verdicts)
    said = "none breaks a law" if not broken else f"{len(broken)} break a law"
    lines = [
        f"{len(verdicts):,} simulations of {calls} calls each, {which}: {said}",
        *_describe(verdicts, clock.real_monotonic() - began),
    ]
    print("\n".join(f"- {line}" for line in lines))
    if not broken and not fresh:
        _document("simulate-seeds", f"make simulate SEED={verdicts[0].seed} SEEDS={len(verdicts)} CALLS={calls}", lines)
    return bool(broken)


def _document(section: str, command: str, lines: list[str]) -> None:
    document.write("laws", "\n".join(f"- **{name}**: {law}" for name, law in LAWS.items()))
    document.write(section, f"    $ {command}\n\n" + "\n".join(f"- {line}" for line in lines))


def set_up() -> None:
    """Have the collector leave alone what is there from the beginning: it is looked through after each simulation."""
    logger.remove()
    gc.collect()
    gc.freeze()


def main() -> int:
    """Run as the environment says; the exit code is 1 when a law is broken."""
    set_up()
    asked = os.environ.get
    seed, calls = int(asked("SEED", "1")), int(asked("CALLS", "20000"))
    seeds, processes = int(asked("SEEDS") or 1), int(asked("PROCESSES") or 1)
    if keep := asked("KEEP"):
        return _one(seed, calls, read_ranges(keep))
    if seconds := asked("FRESH"):
        return _many(fresh_seeds(float(seconds)), calls, 1, fresh=True)
    if seeds > 1:
        return _many(range(seed, seed + seeds), calls, processes, fresh=False)
    return _one(seed, calls, None)


if __name__ == "__main__":
    sys.exit(main())
