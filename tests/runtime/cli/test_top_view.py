"""What top shows, in as many lines and columns as a terminal has."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.watched import Watched
from rich.cells import cell_len
from rich.console import Console

from relay_actors.telemetry.status import CallStatus
from relay_runtime.cli.top_view import View, picture, pressed
from relay_runtime.inspection.reports import Report, WorkerReport

SIZES = [(80, 24), (40, 10), (200, 60), (80, 9), (30, 5), (80, 3), (10, 2), (1, 1)]


def call(number: int) -> CallStatus:
    return CallStatus(
        call_id=f"{number:08d}-b5d3",
        kind="Greeter",
        direction="inbound",
        context="office",
        state="answered",
        age=float(1000 - number),
        doing="calling.play_and_collect",
        where=f"/srv/app/app.py:{number} in Greeter.run",
    )


def report(calls: int, *others: WorkerReport, **more: Any) -> Report:
    worker = WorkerReport(pid=7, number=1, status=Watched().status(), calls=tuple(map(call, range(1, calls + 1))))
    known: dict[str, Any] = {"pid": 7, "app": "app:It", "version": "1", "uptime": 65.0, "draining": False}
    return Report(**{**known, **more}, workers=(worker, *others))


def drawn(report: Report, view: View, width: int = 80, height: int = 24) -> tuple[list[str], View, int]:
    console = Console(width=width, height=height, markup=False, emoji=False, highlight=False)
    shown, view, page = picture(report, view, console, 1.25)
    with console.capture() as captured:
        console.print(shown, end="")
    return captured.get().splitlines(), view, page


def test_calls_come_first_with_the_line_of_their_code_and_no_actors() -> None:
    lines, _, _ = drawn(report(3), View())
    assert lines[0].startswith("app:It  process 7  up 1m 05s")
    assert lines[4].split()[0] == "call"
    assert [line.split("  ")[-1] for line in lines[5:8]] == [f"app.py:{number} Greeter.run" for number in (1, 2, 3)]
    assert "Supervisor" not in "\n".join(lines)
    assert lines[-1].startswith("q quit   t actors   i whole ids")


def test_calls_for_which_there_is_no_room_are_counted_and_come_by_scrolling() -> None:
    lines, view, page = drawn(report(30), View())
    assert lines[-2] == "+13 more"
    for _ in range(2):
        view = pressed(view, "page down", page)
        lines, view, page = drawn(report(30), view)
    assert lines[-2] == "13 above"
    assert lines[-3].endswith("app.py:30 Greeter.run")
    lines, view, _ = drawn(report(30), pressed(view, "up", page))
    assert lines[-2] == "+1 more, 12 above"
    lines, view, _ = drawn(report(30), pressed(view, "home", page))
    assert (lines[-2], view.first) == ("+13 more", 0)
    assert drawn(report(30), pressed(view, "end", page))[1].first == 13
    assert pressed(pressed(View(), "page up", 18), "down", 18).first == 1


def test_what_was_scrolled_to_stays_in_sight_when_calls_end() -> None:
    _, view, _ = drawn(report(30), View(first=13))
    lines, view, _ = drawn(report(2), view)
    assert view.first == 0
    assert lines[5].endswith("app.py:1 Greeter.run")


def test_a_key_shows_the_actors_and_the_calls_again() -> None:
    view = pressed(View(first=3), "t", 10)
    lines, view, page = drawn(report(3), view)
    assert "Supervisor" in "\n".join(lines)
    assert "app.py:1" not in "\n".join(lines)
    assert lines[-1].startswith("q quit   t calls")
    assert "app.py:1" in "\n".join(drawn(report(3), pressed(view, "t", page))[0])


def test_a_key_shows_whole_ids_and_short_ones_again() -> None:
    lines, view, _ = drawn(report(1), View(), 60)
    assert "-b5d3" not in lines[5]
    lines, view, _ = drawn(report(1), pressed(view, "i", 1), 60)
    assert "-b5d3" in lines[5]
    assert "-b5d3" not in drawn(report(1), pressed(view, "i", 1), 60)[0][5]
    _, view, _ = drawn(report(1), View(), 200)
    assert "-b5d3" not in drawn(report(1), pressed(view, "i", 1), 200)[0][5]


def test_any_other_key_changes_nothing() -> None:
    assert pressed(View(first=4), "x", 10) == View(first=4)


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("view", [View(), View(actors=True), View(first=99, whole_ids=True)])
@pytest.mark.parametrize("calls", [0, 1, 99])
def test_a_picture_fits_the_terminal(width: int, height: int, view: View, calls: int) -> None:
    silent = WorkerReport(pid=9, number=2, state="silent", problem="does not answer within 3 s")
    for each in (report(calls), report(calls, silent, supervised=True, draining=True)):
        lines, _, _ = drawn(each, view, width, height)
        assert len(lines) <= height
        assert all(cell_len(line) <= width for line in lines)


@pytest.mark.parametrize(("width", "height"), [(80, 24), (40, 10), (200, 60), (80, 4)])
def test_a_call_is_in_sight_with_its_line_at_every_size(width: int, height: int) -> None:
    assert any("app.py:1 Greeter.run" in line for line in drawn(report(99), View(), width, height)[0])


def test_workers_are_counted_by_state_and_the_calls_of_a_silent_one_are_not_known() -> None:
    silent = WorkerReport(pid=9, number=2, state="silent", problem="does not answer within 3 s")
    lines, _, _ = drawn(report(1, silent, supervised=True), View())
    assert lines[1] == "workers: 2, 1 serving, 1 silent"
    assert lines[4] == "calls not known: worker 2 (process 9) does not answer"
    assert lines[6].endswith("app.py:1 Greeter.run")


def test_without_calls_it_says_so() -> None:
    assert drawn(report(0), View())[0][4] == "no live calls"
