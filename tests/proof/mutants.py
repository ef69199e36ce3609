"""Mutants: small changes of the code by seed, each tried against the suite; those that no test notices are holes.

SEED=1 PER=2 python -m proof.mutants                        two changes of each module of all rooms that count
SEED=1 PER=10 MODULES=session/ python -m proof.mutants      ten of each module whose path holds that
THOROUGH=1                                                  what is left is tried against every test but the proofs
FLOOR=90                                                    fewer per cent in any package are a failure
"""

from __future__ import annotations

import os
import random
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue

from proof.mutation.changes import changes_of
from proof.mutation.trial import HOUSES, ROOT, Mutant, Trial

__all__ = ["EQUIVALENT", "drawn", "equivalents", "main", "package_of", "report"]

EQUIVALENT = Path(__file__).with_name("mutation") / "equivalent.toml"
ROOMS = (
    "actors/relay_actors", "runtime/relay_runtime/websocket", "runtime/relay_runtime/workers",
    "runtime/relay_runtime/ledger", "runtime/relay_runtime/fleet", "runtime/relay_runtime/testing",
    "runtime/relay_runtime/sandbox/control",
)  # fmt: skip
"""What is looked at: whether a caller is served, hung up or charged is decided there, or what tests trust."""

Key = tuple[str, str, str, str]


def modules(part: str = "") -> list[str]:
    """Return the modules that are looked at, or those whose path holds a text."""
    found = [path for room in ROOMS for path in (ROOT / room).rglob("*.py") if path.name != "__init__.py"]
    return sorted(path for each in found if part in (path := str(each.relative_to(ROOT))))


def equivalents() -> dict[Key, str]:
    """Return the changes that change nothing, by module, line of code, and what becomes of what; with the reasons."""
    listed = tomllib.loads(EQUIVALENT.read_text()).get("equivalent", [])
    return {(each["path"], each["code"], each["before"], each["after"]): each["why"] for each in listed}


def key_of(mutant: Mutant) -> Key:
    """Return what a mutant is known by in the list of equivalents."""
    change = mutant.change
    return mutant.path, change.code, *(" ".join(text.split()) for text in (change.before, change.after))


def drawn(seed: int, per: int, part: str = "") -> list[Mutant]:
    """Draw so many mutants of each module; those that change nothing are not among them."""
    known = equivalents()
    mutants = []
    for path in modules(part):
        chance = random.Random(f"{seed} {path}")
        found = [Mutant(path, change) for change in changes_of((ROOT / path).read_bytes())]
        found = [mutant for mutant in found if key_of(mutant) not in known]
        mutants += chance.sample(found, min(per, len(found)))
    return mutants


def tried(mutants: Iterable[Mutant], processes: int, *, thorough: bool) -> Iterator[tuple[Mutant, str]]:
    """Yield each mutant with the stage that has noticed it, or an empty text."""
    idle: SimpleQueue[Trial] = SimpleQueue()

    def one(mutant: Mutant) -> tuple[Mutant, str]:
        trial = idle.get()
        try:
            return mutant, trial.notices(mutant)
        finally:
            idle.put(trial)

    with ExitStack() as stack:
        for _ in range(processes):
            idle.put(stack.enter_context(Trial(thorough=thorough)))
        with ThreadPoolExecutor(processes) as pool:
            yield from pool.map(one, mutants)


def package_of(path: str) -> str:
    """Return the room of a module, as it is imported."""
    house = next(house for house in HOUSES if path.startswith(f"{house}/"))
    parts = Path(path).relative_to(house).parts
    return ".".join([Path(house).name, *parts[: 2 if parts[0] == "sandbox" else 1]]).removesuffix(".py")


def report(outcomes: Iterable[tuple[Mutant, str]]) -> dict[str, tuple[int, int]]:
    """Return how many of how many mutants of each package were noticed."""
    counts: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for mutant, stage in outcomes:
        noticed, tried_so_far = counts[package_of(mutant.path)]
        counts[package_of(mutant.path)] = noticed + bool(stage), tried_so_far + 1
    return dict(sorted(counts.items()))


def main() -> int:
    """Try a sample as the environment says, and print what was not noticed."""
    asked = os.environ.get
    seed, per = int(asked("SEED") or random.SystemRandom().randrange(10**6)), int(asked("PER") or 2)
    mutants = drawn(seed, per, asked("MODULES") or "")
    processes = int(asked("PROCESSES") or os.cpu_count() or 1)
    print(
        f"{len(mutants)} mutants of {len({each.path for each in mutants})} modules, SEED={seed} PER={per}", flush=True
    )
    outcomes = []
    for mutant, stage in tried(mutants, processes, thorough=bool(asked("THOROUGH"))):
        outcomes.append((mutant, stage))
        if not stage:
            print(f"not noticed: {mutant}", flush=True)
    counts = report(outcomes)
    for package, (noticed, count) in counts.items():
        print(f"{package:40} {noticed:4} of {count:4}  {100 * noticed / count:5.1f} %")
    noticed, count = (sum(each[place] for each in counts.values()) for place in (0, 1))
    print(f"{'in all':40} {noticed:4} of {count:4}  {100 * noticed / max(1, count):5.1f} %")
    floor = float(asked("FLOOR") or 0)
    return int(any(100 * good / count < floor for good, count in counts.values()))


if __name__ == "__main__":
    sys.exit(main())
