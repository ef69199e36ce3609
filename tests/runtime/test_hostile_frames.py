"""A flood of hostile frames through the whole client; ``make fuzz`` pushes a million."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from loguru import logger
from proof.fuzz import flood
from proof.hostile import Hostile


@pytest.fixture
def _only_errors() -> Iterator[None]:
    """A line of log for each bad frame is right, and too much for the report of a failing test."""
    logger.remove()
    yield
    logger.add(sys.stderr)


@pytest.mark.usefixtures("_only_errors")
@pytest.mark.parametrize("seed", [3, 4])
@pytest.mark.slow
@pytest.mark.proof
def test_no_frame_of_a_flood_escapes(seed: int) -> None:
    figures = flood(seed, frames=10_000)
    assert figures.escapes == []
    assert figures.frames == 10_000


@pytest.mark.slow
def test_a_flood_is_repeated_by_its_seed() -> None:
    first, second, other = (Hostile(seed).frames(200) for seed in (5, 5, 6))
    assert first == second != other
