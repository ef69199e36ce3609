"""Every fault in every phase of a call; see docs/reliability.md. A cell is one call, one fault, one client."""

from __future__ import annotations

import pytest
from proof.faults import FAULTS, GROUPS
from proof.matrix import cells_of, play_group
from proof.phases import PHASES
from proof.table import mistakes

pytestmark = [pytest.mark.scenario, pytest.mark.proof]


@pytest.fixture(scope="module", autouse=True)
def _made_once() -> None:
    """Have the process make what it makes once, before anything is counted."""
    play_group([(FAULTS[0], PHASES[0], True)])


@pytest.mark.timeout(120)
@pytest.mark.parametrize("group", GROUPS)
def test_a_fault_in_any_phase_ends_every_call_once_and_leaves_nothing_over(group: str) -> None:
    verdicts, left = play_group(cells_of(group))
    assert mistakes(verdicts) == {}
    assert left == []
    assert len(verdicts) == len(cells_of(group)) > 10
