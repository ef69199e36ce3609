"""``relay-runtime top``: a running process, live."""

from __future__ import annotations

import msgspec
from doubles.looked import Looked
from doubles.output import Output

from relay_runtime.cli import run
from relay_runtime.cli.top import Rate
from relay_runtime.inspection.reports import Report, WorkerReport
from relay_runtime.process.process import ExitCode


def report(uptime: float, *admitted: int) -> Report:
    workers = tuple(WorkerReport(pid=1, stats={"calls_admitted": count}) for count in admitted)
    return Report(pid=1, app="app:It", version="1", uptime=uptime, draining=False, workers=workers)


def test_scripts_get_one_report_a_line_as_many_as_they_want(looked: Looked, output: Output) -> None:
    uptimes = iter((1.0, 2.0, 3.0))
    looked.answers["report"] = lambda: report(next(uptimes))
    assert run(["top", "--json", "--interval", "0.1", "--count", "2"]) == ExitCode.OK
    assert [msgspec.json.decode(line)["uptime"] for line in output()[0].splitlines()] == [1.0, 2.0]


def test_a_picture_needs_a_terminal(looked: Looked, output: Output) -> None:
    looked.answers["report"] = report(1.0)
    assert run(["top"]) == ExitCode.USAGE
    assert "relay-runtime ps --json" in output()[1]


def test_the_rate_is_of_all_workers_from_one_report_to_the_next() -> None:
    rate = Rate()
    assert rate(report(1.0, 10, 20)) is None
    assert rate(report(3.0, 14, 26)) == 5.0


def test_there_is_no_rate_when_a_worker_has_come_or_gone_or_no_time_has_passed() -> None:
    rate = Rate()
    rate(report(1.0, 10, 20))
    assert rate(report(2.0, 10)) is None
    assert rate(report(2.0, 12)) is None
    assert rate(report(4.0, 16)) == 2.0
