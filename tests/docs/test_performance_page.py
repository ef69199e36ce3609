"""The page of measurements: its figures of instructions are those that were kept, and each table names its command."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from walkthrough import block_with

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
PROSE = " ".join(PAGE.split())
KEPT = json.loads((ROOT / "benchmarks" / "results" / "instructions-0.1.0.json").read_text())
INSTRUCTIONS = block_with(PAGE, "one event: 83,200 instructions")


def found(pattern: str) -> tuple[float, ...]:
    """Return the numbers that a pattern finds in the text of the page, at its one place."""
    (match,) = re.finditer(pattern, PROSE)
    return tuple(float(number.replace(",", "")) for number in match.groups())


def test_the_instructions_are_those_that_were_kept() -> None:
    shown = {line.split(":")[0]: line for line in INSTRUCTIONS.splitlines()}
    for name, key in (("one call", "calls"), ("one event", "events"), ("one command and its reply", "commands")):
        assert shown[name].endswith(f" {KEPT[key]:,} instructions")


def test_the_figures_of_the_text_follow_from_each_other() -> None:
    (first, last, more) = found(
        r"a call took ([\d,]+) instructions and one that is written down ([\d,]+): (\S+) % more"
    )
    assert f"{100 * (last / first - 1):.1f}" == f"{more:.1f}"
    (now, then) = found(r"a call takes ([\d,]+) in one process .*? and took ([\d,]+) on 2026-11-24")
    assert (then, KEPT["date"]) == (KEPT["calls"], "2026-11-24")
    (more, hooks) = found(r"takes (\d+) % more instructions than one written as `run\(\)` \(([\d,]+)\)")
    assert round(100 * (hooks / now - 1)) == more
    (many, few, apart) = found(r"it is (\d+) against (\d+) µs\. By `gc\.callbacks`, \d+ of these (\d+) µs")
    assert many - few == apart
    assert sum(map(int, re.findall(r"^\| (\d+) % \|", PAGE, re.MULTILINE))) == 100


def test_what_the_collector_takes_adds_up() -> None:
    rows = re.findall(r"^\| .*(?:own|frozen)((?: \| [\d.]+){4}) \| \d+ \|$", PAGE, re.MULTILINE)
    assert len(rows) == 6
    for row in rows:
        *parts, total = map(float, re.findall(r"[\d.]+", row))
        assert sum(parts) == pytest.approx(total)
