"""Each program of this folder with its callers; what happens to it is in ``tests/aio_cases.py``, by its name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from aio_cases import CASES
from played_programs import AIO, Programs


@pytest.fixture(scope="module")
def programs() -> Iterator[Programs]:
    """One process, which runs one program after another."""
    with Programs("relay_runtime.aio", AIO) as process:
        yield process


@pytest.mark.parametrize("name", CASES)
def test_a_program_serves_whom_it_meets_and_leaves_no_call(name: str, programs: Programs) -> None:
    assert programs.play(CASES[name]).left == 0


def test_every_program_is_played() -> None:
    assert {
        path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith("test_")
    } == CASES.keys()
