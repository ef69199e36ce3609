"""The campaign: its calls in virtual time, and the program as a real process."""

from __future__ import annotations

import csv
import io
import signal
from collections.abc import Iterator
from pathlib import Path
from runpy import run_path
from typing import Any

import gevent
import pytest
from doubles.hub import until
from running_process import RunningProcess

from relay_runtime.sandbox import Callee, Sandbox

HERE = Path(__file__).parent
GUESTS = [{"id": str(each), "number": f"+155501000{each:02d}", "name": f"guest {each}"} for each in range(1, 13)]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(time_scale=0.02) as running:
        yield running
        assert running.errors == []


def started(sandbox: Sandbox, folder: Path, guests: list[dict[str, str]]) -> RunningProcess:
    with (folder / "guests.csv").open("w", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["id", "number", "name"])
        writer.writeheader()
        writer.writerows(guests)
    environ = {
        "SIGNALWIRE_SPACE": sandbox.url,
        "SIGNALWIRE_PROJECT_ID": sandbox.project,
        "SIGNALWIRE_API_TOKEN": sandbox.token,
        "RETRY_AFTER": "0.01,0.01",
    }
    return RunningProcess(
        [str(HERE / "app.py"), str(folder / "guests.csv"), str(folder / "left.csv")], cwd=HERE, environ=environ
    )


def left(folder: Path) -> list[dict[str, str]]:
    with (folder / "left.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def relay_app() -> None:
    """No calls come in: the app only dials."""


def test_everybody_is_called_and_the_busy_twice_more(
    relay_client: Any, relay_callee: Any, relay_clock: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    call_all, rest = run_path(str(HERE / "app.py"))["call_all"], io.StringIO()
    first, second, busy, nobody = (relay_callee(guest["number"]) for guest in GUESTS[:4])
    busy.is_busy()
    nobody.does_not_exist()
    calling = gevent.spawn(call_all, relay_client, GUESTS[:4], rest)
    first.hears("guest 1. Your table").presses("1")
    second.hears("guest 2. Your table").is_hung_up_on()
    for seconds in (10, 60, 300):
        busy.is_dialled(within=seconds + 5)
    calling.join()
    assert relay_clock.now() > 360
    assert sorted(capsys.readouterr().out.splitlines()) == [
        "1: answered",
        "1: confirmed",
        "2: answered",
        "2: did not confirm",
        "3: failed busy",
        "4: failed notFound",
    ]
    assert rest.getvalue() == "id,number,name\r\n"


def test_sigterm_lets_the_calls_end_and_writes_down_who_was_not_called(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.on_dial("*", Callee().answers().hears("Your table").waits(5).presses("1").waits_for_hangup())
    with started(sandbox, tmp_path, GUESTS) as process:
        process.wait_for_line("2: answered", "stdout")
        process.send(signal.SIGTERM)
        assert process.exit_code() == 0, process.last_lines
        said = process.lines["stdout"]
    called = {line.partition(":")[0] for line in said}
    assert {line.partition(":")[0] for line in said if "confirm" in line} == called  # nobody was cut off
    assert [guest for guest in GUESTS if guest["id"] not in called] == left(tmp_path)
    assert 2 <= len(called) < len(GUESTS)
    until(lambda: sandbox.counters.calls_up == 0)
