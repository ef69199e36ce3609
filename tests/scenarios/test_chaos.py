"""A short chaos run; ``make chaos`` plays a long one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from loguru import logger
from proof.chaos import play

pytestmark = [pytest.mark.scenario, pytest.mark.proof]


@pytest.fixture
def _quiet() -> Iterator[None]:
    """Keep the log of thousands of calls out of what pytest captures: it would count as memory of the client."""
    logger.disable("relay_actors")
    yield
    logger.enable("relay_actors")


@pytest.mark.usefixtures("_quiet")
@pytest.mark.timeout(120)
def test_a_storm_of_faults_over_hundreds_of_calls_loses_and_leaves_nothing() -> None:
    figures = play(seed=7, seconds=12, calls=60.0, every=0.5)
    assert figures.mistakes == []
