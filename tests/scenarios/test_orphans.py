"""A process that is killed leaves no orphan: a few rounds; ``make orphans`` plays many, and judges the time too."""

from __future__ import annotations

import pytest
from proof.orphans import play, report
from proof.orphans_crew import CREWS, Kind

pytestmark = [pytest.mark.scenario, pytest.mark.proof]

_LONG = 20.0  # seconds; whoever is served at all is served by then, on whatever machine


@pytest.mark.parametrize("kind", CREWS, ids=lambda kind: kind.name)
def test_nobody_is_left_alone_by_a_process_that_is_killed(kind: Kind) -> None:
    figures = play(seed=7, rounds=1, kinds=[kind], offers=40.0, alone=_LONG)
    assert figures[kind].fates.total() > 0, "the process that was killed had no calls"
    assert figures[kind].orphans == 0, report(figures)
