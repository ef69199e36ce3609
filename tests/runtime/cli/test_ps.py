"""``relay-runtime ps``: the actors and the calls of a running process."""

from __future__ import annotations

import msgspec
import pytest
from doubles.looked import Looked
from doubles.output import Output
from doubles.watched import Watched

from relay_runtime.cli import run
from relay_runtime.inspection.reports import Report, WorkerReport
from relay_runtime.process.process import ExitCode


@pytest.fixture
def report(looked: Looked) -> Report:
    worker = WorkerReport(pid=7, status=Watched().status())
    report = Report(pid=7, app="app:It", version="1", uptime=1.0, draining=False, workers=(worker,))
    looked.answers["report"] = report
    return report


def test_people_get_a_picture_and_scripts_all_of_it(report: Report, output: Output) -> None:
    assert run(["ps"]) == ExitCode.OK
    assert "app:It  process 7" in output()[0]
    assert run(["ps", "--json"]) == ExitCode.OK
    assert msgspec.json.decode(output()[0], type=Report) == report


@pytest.mark.parametrize(("calls", "wanted"), [("0", False), ("5", True)])
def test_calls_are_asked_for_only_when_they_are_listed(
    report: Report, looked: Looked, output: Output, calls: str, wanted: bool
) -> None:
    assert run(["ps", "--calls", calls]) == ExitCode.OK
    assert looked.asked[-1].calls is wanted
    assert ("no live calls" in output()[0]) is wanted
