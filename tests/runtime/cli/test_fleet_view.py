"""A fleet, drawn for a terminal."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.watched import Watched
from rich.console import Console

from relay_actors.telemetry.status import CallStatus
from relay_runtime.cli.fleet_view import draw_fleet, fleet_report
from relay_runtime.fleet.engine import Member
from relay_runtime.fleet.reach import Asked
from relay_runtime.fleet.report import ProcessReport


def asked(host: str, pid: int, client: Watched | None, *calls: str) -> Asked:
    member = Member(id=f"{host}-{pid}", host=host, machine="m", pid=pid, key="k", app="app:Menu", version="0.1.0")
    if client is None:
        return Asked(member, None, "no answer within 5 s")
    listed = tuple(
        CallStatus(call_id=each, kind="Menu", direction="inbound", context="office", state="answered", age=1.0)
        for each in calls
    )
    return Asked(member, ProcessReport(uptime=65.0, status=client.status(), admitted=7, calls=listed))


def drawn(*processes: Asked, drained: tuple[str, ...] = (), calls: int = 20, width: int | None = None) -> str:
    console = Console(width=200, markup=False, emoji=False)
    with console.capture() as captured:
        console.print(draw_fleet(processes, drained, "redis://engine:6379", calls=calls, width=width))
    return captured.get()


def test_every_process_is_a_row_under_its_host() -> None:
    away: Any = Watched()
    away.is_in_a_fleet(away=True)
    starting = Watched()
    starting.becomes("connection", state="connecting")
    text = drawn(asked("alpha", 1, Watched(), "c1"), asked("alpha", 2, starting), asked("beta", 3, away))
    assert text.startswith("fleet at redis://engine:6379  2 hosts, 3 processes")
    rows = [line.split() for line in text.splitlines() if "app:Menu" in line]
    assert [(row[0], row[1], row[4]) for row in rows] == [
        ("alpha", "1", "serving"),
        ("alpha", "2", "starting"),
        ("beta", "3", "drained"),
    ]
    assert "c1" in text


@pytest.mark.parametrize("width", [None, 160, 80, 40])
def test_each_call_has_its_host(width: int | None) -> None:
    hosts = asked("alpha", 1, Watched(), "c1", "c2"), asked("be\x1bta", 2, None), asked("gam\x1bma", 3, Watched(), "c3")
    text = drawn(*hosts, width=width).partition("\n\ncall ")[2]
    rows = [line.split() for line in text.splitlines()[1:]]
    assert [(row[0], row[1]) for row in rows[:3]] == [("c1", "alpha"), ("c2", "alpha"), ("c3", "gam\\x1bma")]
    assert "\x1b" not in text


def test_one_that_does_not_answer_is_named_and_its_calls_are_not_known() -> None:
    text = drawn(asked("alpha", 1, None))
    (row,) = [line for line in text.splitlines() if "app:Menu" in line]
    assert "silent" in row
    assert row.rstrip().endswith("no answer within 5 s")
    assert "calls not known" in text


def test_calls_are_left_out_on_demand_and_hosts_that_are_not_there_are_told() -> None:
    text = drawn(asked("alpha", 1, Watched(), "c1"), drained=("alpha", "gamma"), calls=0)
    assert "c1" not in text
    assert "drained, and not there: gamma" in text


def test_what_a_process_says_of_itself_controls_no_terminal() -> None:
    text = drawn(asked("al\x1b[2Jpha", 1, Watched()))
    assert "\x1b" not in text


def test_a_draining_process_drains() -> None:
    client = Watched()
    client.becomes("calls", draining=True)
    report = fleet_report([asked("alpha", 1, client), asked("beta", 2, None)], "place")
    assert [worker.state for worker in report.workers] == ["draining", "silent"]
    assert report.workers[0].stats == {"calls_admitted": 7}
