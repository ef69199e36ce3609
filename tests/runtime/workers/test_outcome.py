"""What the ends of the workers come to."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from relay_runtime.process.process import ExitCode
from relay_runtime.workers.outcome import Outcome
from relay_runtime.workers.tally import Tally


def worker(exit_code: int, tally: Tally = Tally(), *, ledger: bool = True) -> Any:  # noqa: B008 - frozen
    """Return what is judged of a worker that had served calls."""
    end, facts = f"exit code {exit_code}", {"ledger": ledger}
    return SimpleNamespace(number=1, exit_code=exit_code, end=end, tally=tally, ready_at=0.0, loaded=True, facts=facts)


@pytest.mark.parametrize(
    ("codes", "weightiest"),
    [
        ((0, 6), ExitCode.CALLS_ENDED),
        ((6, 1, 0), ExitCode.FAILED),
        ((1, 7), ExitCode.AT_ONCE),
        ((0, 3), ExitCode.FAILED),
        ((), ExitCode.OK),
    ],
)
def test_the_weightiest_end_counts(codes: tuple[int, ...], weightiest: ExitCode) -> None:
    outcome = Outcome()
    for code in codes:
        outcome.ended(worker(code), at_once=False)
    assert outcome.tell() is weightiest


@pytest.mark.parametrize("later", [ExitCode.FAILED, ExitCode.AT_ONCE, ExitCode.CALLS_ENDED])
def test_calls_that_were_left_up_weigh_more_than_what_comes_later(later: ExitCode, log_lines: list[str]) -> None:
    outcome = Outcome()
    outcome.died(worker(-9, Tally(up=2, named=("a", "b"))), adopted=False)
    outcome.settle(later)
    assert (outcome.tell(), outcome.left_up) == (ExitCode.UNREACHABLE, 2)
    assert any("worker 1 ended with exit code -9; calls may be up still: 2: a, b" in line for line in log_lines)


def test_calls_that_another_worker_goes_on_with_are_not_left_up(log_lines: list[str]) -> None:
    outcome = Outcome()
    outcome.died(worker(-9, Tally(up=2, named=("a", "b"))), adopted=True)
    assert (outcome.tell(), outcome.left_up) == (ExitCode.OK, 0)
    assert any("worker 1 ended with exit code -9; another one goes on with its calls: 2" in line for line in log_lines)


def test_calls_that_waited_for_a_worker_are_not_left_up_once_there_is_one(log_lines: list[str]) -> None:
    outcome = Outcome()
    outcome.died(worker(-9, Tally(up=2, named=("a", "b"))), adopted=True, alone=True)
    outcome.serves()
    assert (outcome.tell(), outcome.left_up) == (ExitCode.OK, 0)
    assert any("the next one that serves goes on with its calls: 2" in line for line in log_lines)


def test_calls_that_no_worker_came_for_are_left_up(log_lines: list[str]) -> None:
    outcome = Outcome()
    outcome.died(worker(-9, Tally(up=2, named=("a", "b"))), adopted=True, alone=True)
    outcome.settle(ExitCode.FAILED)
    assert (outcome.tell(), outcome.left_up) == (ExitCode.UNREACHABLE, 2)
    assert any("worker 1 ended with exit code -9; calls may be up still: 2: a, b" in line for line in log_lines)


def test_a_worker_that_was_to_go_on_with_them_may_have_died_with_the_other() -> None:
    outcome = Outcome()
    outcome.died(worker(-9, Tally(up=2, named=("a", "b"))), adopted=True)
    outcome.died(worker(-9, Tally(up=1, named=("c",))), adopted=True, alone=True)
    assert (outcome.tell(), outcome.left_up) == (ExitCode.UNREACHABLE, 3)


def test_without_a_ledger_nobody_goes_on_with_them() -> None:
    outcome = Outcome()
    outcome.died(worker(-9, Tally(up=2, named=("a", "b")), ledger=False), adopted=True)
    assert (outcome.tell(), outcome.left_up) == (ExitCode.UNREACHABLE, 2)


def test_a_worker_that_has_named_them_itself_is_counted_and_its_lines_are_pointed_at(log_lines: list[str]) -> None:
    outcome = Outcome()
    outcome.died(worker(ExitCode.UNREACHABLE, Tally(up=1, named=("a",))), adopted=False)
    assert (outcome.tell(), outcome.left_up) == (ExitCode.UNREACHABLE, 1)
    assert any("worker 1: calls may be up still; its own lines name them" in line for line in log_lines)


def test_a_worker_that_left_none_up_changes_nothing() -> None:
    outcome = Outcome()
    outcome.died(worker(-9), adopted=False)
    assert outcome.tell() is ExitCode.OK
