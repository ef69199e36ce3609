"""Waits in virtual time have one outcome, however busy the machine is."""

from __future__ import annotations

import pytest
from proof.outcomes import WAITS, main, outcome


@pytest.mark.parametrize("name", WAITS)
def test_a_wait_has_the_same_outcome_again(name: str) -> None:
    assert len({outcome(name)[:2] for _ in range(3)}) == 1


@pytest.mark.parametrize(
    ("name", "seconds"), [("a reply withheld", 10.0), ("the outbox's deadline", 10.0), ("a maximum of 600 s", 600.0)]
)
def test_a_limit_comes_exactly_when_it_is_due(name: str, seconds: float) -> None:
    _, _, seen = outcome(name)
    if isinstance(seen, tuple):
        assert seen == ("RequestTimeout()", seconds)
    else:
        answered = next(entry.at for entry in seen.transcript if entry.what == "answers")
        assert round(seen.seconds - answered, 6) == seconds


@pytest.mark.proof
@pytest.mark.timeout(900)
def test_each_wait_has_one_outcome_in_many_runs_beside_other_proofs() -> None:
    """Twenty runs in four processes; `make outcomes` plays a hundred, beside three busy loops."""
    found = main(20, busy=0)
    assert {name: len(outcomes) for name, outcomes in found.items()} == dict.fromkeys(WAITS, 1)
