"""The simulation under seeds that nobody has seen, and that it replays, shrinks, and sees what is broken.

``make simulate`` plays a long one, ``make broken-laws`` breaks the runtime in all the ways.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from proof.broken_laws import BROKEN, CALLS, Broken, find
from proof.simulated.laws import LAWS
from proof.simulated.schedule import FAULTS, draw, ranges, read_ranges
from proof.simulated.shrink import shrink
from proof.simulation import run_seed

pytestmark = [pytest.mark.scenario, pytest.mark.proof]

SECONDS = 60
SOON = ("an offer is taken beyond the cap", "on_ended runs twice", "a session is not resumed")
TESTS = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def _once() -> None:
    """Have the process make what it makes once, before anything is counted."""
    run_seed(1, 5)


def simulate(hash_seed: str = "0", **asked: object) -> subprocess.CompletedProcess[str]:
    paths = [str(TESTS), *filter(None, [os.environ.get("PYTHONPATH")])]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONHASHSEED": hash_seed}
    environ |= {name: str(value) for name, value in asked.items()}
    command = [sys.executable, "-m", "proof.simulation"]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=600, check=False)


@pytest.mark.timeout(700)
def test_seeds_that_nobody_has_seen_break_no_law() -> None:
    done = simulate(FRESH=SECONDS, CALLS=CALLS)
    assert done.returncode == 0, done.stdout + done.stderr
    played = next((line for line in done.stdout.splitlines() if "seed" in line), done.stdout)
    warnings.warn(f"seeds of this run: {played}", stacklevel=1)  # a run that passes prints nothing else


@pytest.mark.timeout(300)
def test_a_seed_gives_the_same_run_in_another_process_with_other_hashes() -> None:
    code = (
        "import json; from proof.simulation import run_seed; "
        f"print(json.dumps([run_seed(seed, {CALLS}).digest for seed in (3, 7)]))"
    )
    digests = []
    for hash_seed in ("1", "2"):
        paths = os.pathsep.join([str(TESTS), *filter(None, [os.environ.get("PYTHONPATH")])])
        environ = {**os.environ, "PYTHONPATH": paths, "PYTHONHASHSEED": hash_seed}
        done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)
        digests.append(json.loads(done.stdout))
    assert digests[0] == digests[1] == [run_seed(seed, CALLS).digest for seed in (3, 7)]
    assert len(set(digests[0])) == 2


@pytest.mark.timeout(300)
@pytest.mark.parametrize("broken", [each for each in BROKEN if each.name in SOON], ids=lambda each: each.name)
def test_a_runtime_that_is_broken_on_purpose_is_found_with_a_seed_that_replays(broken: Broken) -> None:
    found = find(broken)
    assert found.verdict is not None
    assert found.replays


@pytest.mark.timeout(300)
def test_of_a_broken_simulation_the_least_is_found_that_still_breaks_its_law() -> None:
    broken = next(each for each in BROKEN if each.name.startswith("legs of a dial"))
    found = find(broken).verdict
    assert found is not None
    schedule = draw(found.seed, CALLS)
    with broken.built_in():
        shrunk = shrink(schedule, found, seconds=90.0)
        again = run_seed(found.seed, CALLS, read_ranges(ranges(item.number for item in shrunk.kept)))
    assert len(shrunk.kept) < shrunk.prefix < len(schedule.items)
    assert any(item.kind in {"dial", "call"} for item in shrunk.kept)
    assert again.violations == shrunk.verdict.violations
    assert {violation.law for violation in again.violations} == {"nobody left"}
    assert again.digest == shrunk.verdict.digest


def test_at_least_ten_ways_to_break_the_runtime_are_known() -> None:
    assert len({broken.name for broken in BROKEN}) == len(BROKEN) >= 10


def test_the_items_of_a_schedule_are_all_there_is_and_follow_from_its_seed() -> None:
    schedule = draw(5, 200)
    assert schedule == draw(5, 200)
    assert [item.number for item in schedule.items] == list(range(len(schedule.items)))
    assert sum(not item.is_fault for item in schedule.items) == 200
    kinds = {item.kind for seed in range(60) for item in draw(seed, 100).items if item.is_fault}
    assert kinds == set(FAULTS)


@pytest.mark.parametrize(("numbers", "text"), [([], "none"), ([3], "3"), ([0, 1, 2, 7, 9, 10], "0-2,7,9-10")])
def test_kept_items_are_written_and_read(numbers: list[int], text: str) -> None:
    assert ranges(numbers) == text
    assert read_ranges(text) == numbers


def test_what_is_no_list_of_items_is_refused() -> None:
    with pytest.raises(ValueError, match="'x' is no number"):
        read_ranges("3,x")


def test_every_law_says_something() -> None:
    assert len(LAWS) >= 20
    assert all(len(law) > 20 for law in LAWS.values())
