"""Faults of whole processes; see docs/reliability.md."""

from __future__ import annotations

import pytest
from proof.process_faults import PROCESS_FAULTS, ProcessFault
from proof.processes import play_processes, process_mistakes

pytestmark = [pytest.mark.scenario, pytest.mark.proof]


@pytest.mark.parametrize("fault", PROCESS_FAULTS, ids=lambda fault: fault.name)
def test_a_process_answers_its_callers_and_ends_as_it_says(fault: ProcessFault) -> None:
    assert process_mistakes(play_processes([fault])) == {}
