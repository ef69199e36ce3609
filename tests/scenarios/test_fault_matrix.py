"""Every fault in every phase of a call; see docs/reliability.md. A cell is one call, one fault, one client."""

from __future__ import annotations

import pytest
from proof.document import DOCUMENT
from proof.faults import FAULTS, GROUPS
from proof.matrix import cells_of, one_of_each_row, play_group, play_over_sockets
from proof.phases import PHASES
from proof.table import columns, mistakes, table

pytestmark = pytest.mark.scenario


@pytest.fixture(scope="module", autouse=True)
def _made_once() -> None:
    """Have the process make what it makes once, before anything is counted."""
    for play in (play_group, play_over_sockets):
        play([(FAULTS[0], PHASES[0], True)])


@pytest.mark.timeout(300)  # for a machine with much else to do: no verdict depends on it
@pytest.mark.parametrize("group", GROUPS)
def test_a_fault_in_any_phase_ends_every_call_once_and_leaves_nothing_over(group: str) -> None:
    verdicts, left = play_group(cells_of(group))
    assert mistakes(verdicts) == {}
    assert left == []
    assert len(verdicts) == len(cells_of(group)) > 10
    if DOCUMENT.exists():
        shown = DOCUMENT.read_text().splitlines()
        rows = [row for row in table(verdicts).splitlines() if row.startswith("| ") and "not run" not in row]
        assert [row for row in rows if row not in shown] == [], "play `make faults`, which writes its page anew"


def test_a_cell_is_the_same_each_time() -> None:
    cells = one_of_each_row(cells_of("door"))
    first, _ = play_group(cells)
    again, _ = play_group(reversed(cells))
    assert first == again


@pytest.mark.proof
@pytest.mark.timeout(120)
@pytest.mark.parametrize("group", GROUPS)
def test_a_fault_does_over_sockets_what_it_does_in_one_process(group: str) -> None:
    cells = one_of_each_row(cells_of(group))
    verdicts, left = play_over_sockets(cells)
    assert mistakes(verdicts) == {}
    assert left == []
    rows = [(fault, restored) for fault in FAULTS if fault.group == group for restored in columns(fault)]
    assert {(fault, restored) for fault, _, restored in verdicts} == set(rows)
