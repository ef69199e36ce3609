"""``relay-runtime drain``: let a running process end."""

from __future__ import annotations

from pathlib import Path

import pytest
from doubles.looked import Looked
from doubles.output import Output

from relay_runtime.cli import run
from relay_runtime.inspection.asking import Asker
from relay_runtime.inspection.reports import Drained
from relay_runtime.process.process import ExitCode


@pytest.mark.parametrize(("begun", "said"), [(True, "draining"), (False, "it drains already")])
def test_it_is_told_whether_it_was_this_wish_and_how_many_calls_live(
    looked: Looked, output: Output, begun: bool, said: str
) -> None:
    looked.answers["drain"] = Drained(begun=begun, live=3)
    assert run(["drain"]) == ExitCode.OK
    assert output()[0] == f"{said}; live calls: 3\n"
    assert run(["drain", "--json"]) == ExitCode.OK
    assert output()[0] == f'{{"begun":{"true" if begun else "false"},"live":3,"silent":[]}}\n'


def test_workers_that_do_not_answer_are_named(looked: Looked, output: Output) -> None:
    looked.answers["drain"] = Drained(begun=True, live=0, silent=("worker 1 (process 7)", "worker 2 (process 8)"))
    assert run(["drain"]) == ExitCode.OK
    told = "draining; live calls: 0 that are known; worker 1 (process 7) and worker 2 (process 8) do not answer\n"
    assert output()[0] == told


@pytest.mark.slow
def test_who_waits_is_told_when_it_takes_too_long(looked: Looked) -> None:
    looked.answers["drain"] = Drained(begun=True, live=1)
    assert run(["drain", "--wait", "--timeout", "0.1"]) == ExitCode.NEGATIVE


def test_who_waits_returns_when_the_process_has_gone(looked: Looked, monkeypatch: pytest.MonkeyPatch) -> None:
    looked.answers["drain"] = Drained(begun=True, live=0)
    monkeypatch.setattr("relay_runtime.inspection.asking.is_answered", gone)
    assert run(["drain", "--wait"]) == ExitCode.OK
    assert Asker(Path("nowhere")).wait_until_gone(0.0)


def gone(_: Path) -> bool:
    return False
