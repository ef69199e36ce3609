"""The campaign as a real process, against the sandbox."""

from __future__ import annotations

import csv
import signal
from collections.abc import Iterator
from pathlib import Path

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


def test_everybody_is_called_and_nobody_is_left(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.on_dial("*", Callee().answers().hears("guest 1. Your table").presses("1").waits_for_hangup())
    sandbox.on_dial(GUESTS[1]["number"], Callee().answers().hears("guest 2. Your table").waits_for_hangup())
    sandbox.on_dial(GUESTS[2]["number"], Callee().is_busy())
    sandbox.on_dial(GUESTS[3]["number"], Callee().does_not_exist())
    with started(sandbox, tmp_path, GUESTS[:4]) as process:
        assert process.exit_code() == 0, process.last_lines
        said = process.lines["stdout"]
    assert sorted(said) == [
        "1: answered",
        "1: confirmed",
        "2: answered",
        "2: did not confirm",
        "3: failed busy",
        "4: failed notFound",
    ]
    assert len(sandbox.runs(GUESTS[2]["number"])) == 3
    assert left(tmp_path) == []


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
