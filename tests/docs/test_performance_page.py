"""The page of measurements: its figures of instructions are those that were kept, and each table names its command."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from walkthrough import block_with

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
INSTRUCTIONS = block_with(PAGE, "one event: 83,200 instructions")


def test_the_instructions_are_those_that_were_kept() -> None:
    kept = json.loads((ROOT / "benchmarks" / "results" / "instructions-0.1.0.json").read_text())
    shown = {line.split(":")[0]: line for line in INSTRUCTIONS.splitlines()}
    for name, key in (("one call", "calls"), ("one event", "events"), ("one command and its reply", "commands")):
        assert shown[name].endswith(f" {kept[key]:,} instructions")


@pytest.mark.parametrize("name", re.findall(r"^Measured .*$", PAGE, re.MULTILINE)[:1])
def test_the_measured_part_is_of_a_result_that_was_kept(name: str) -> None:
    (day,) = re.findall(r"^Measured on (\S+)", name)
    assert list((ROOT / "benchmarks" / "results").glob(f"{day}T*.json"))
