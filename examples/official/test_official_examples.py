"""Programs of this folder with their callers; what happens is in ``tests/official_cases.py``, by their names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from official_cases import CASES
from played_programs import OFFICIAL, Programs

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def programs() -> Iterator[Programs]:
    """One process, which runs one program after another."""
    with Programs("relay_runtime", OFFICIAL) as process:
        yield process


@pytest.mark.parametrize("name", CASES)
def test_a_program_serves_whom_it_meets_and_leaves_no_call(name: str, programs: Programs) -> None:
    assert programs.play(CASES[name]).left == 0


def test_every_program_is_played_here_or_has_a_test_beside_it() -> None:
    tested_beside = {path.parent.name for path in HERE.glob("*/test_*.py")}
    assert {path.parent.name for path in HERE.glob("*/app.py")} == CASES.keys() | tested_beside
