"""The programs of docs/embedding.md that stand by themselves do what the page says, alone and under ``start``."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from doubles.client import account_of
from doubles.hub import until
from running_process import RunningProcess, relay_runtime

from relay_runtime.sandbox import Callee, Caller, Sandbox

PAGE = (Path(__file__).parents[2] / "docs" / "embedding.md").read_text()
(PROGRAM,) = re.findall(r"```python\n(# campaign\.py\n.*?)```", PAGE, re.DOTALL)
(SERVER,) = re.findall(r"```python\n(# program\.py\n.*?)```", PAGE, re.DOTALL)
(PRINTS,) = re.findall(
    r"the program of the section before prints, after its first call:\n\n```\n(.*?)```", PAGE, re.DOTALL
)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(time_scale=0.01, control_port=None) as running:
        running.on_dial("+15550100001", Callee().answers().hears("We are open again").waits_for_hangup())
        running.on_dial("+15550100002", Callee().is_busy())  # if the signal comes late
        yield running
        assert running.counters.calls_up == 0
        assert running.errors == []


def test_the_program_does_what_the_page_says_beside_its_calls(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "campaign.py").write_text(PROGRAM)
    with RunningProcess(["campaign.py"], cwd=tmp_path, environ=account_of(sandbox)) as process:
        process.wait_for_line("told", "stdout")
        process.send(signal.SIGTERM)
        assert process.exit_code() == 0, process.last_lines
    assert process.lines["stdout"] == PRINTS.splitlines()


@pytest.mark.slow
def test_the_same_file_is_served_by_start(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "campaign.py").write_text(PROGRAM)
    with relay_runtime("start", "campaign.py", cwd=tmp_path, environ=account_of(sandbox)) as process:
        process.wait_for_line("told", "stdout")
        process.send(signal.SIGTERM)
        assert process.exit_code() == 0, process.last_lines
    assert process.lines["stdout"] == PRINTS.splitlines()


def test_the_program_with_handlers_serves_calls_and_answers_messages(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(SERVER)
    with RunningProcess(["program.py"], cwd=tmp_path, environ=account_of(sandbox)) as process:
        until(lambda: any("office" in session.contexts for session in sandbox.sessions()))
        caller = Caller("+15550100003").dials("office").hears("Hello, and goodbye").waits_for_hangup()
        assert sandbox.place(caller).wait(timeout=20).ok
        sandbox.sends_message(from_number="+15550100003", to_number="+15550100099", body="hi", context="office")
        until(lambda: bool(sandbox.messages()))
        assert sandbox.messages()[0].body == "Thank you!"
        process.send(signal.SIGTERM)
        assert process.exit_code() == 0, process.last_lines


@pytest.mark.slow
def test_start_serves_it_on_the_sandbox_as_the_page_says(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(SERVER)
    (command,) = re.findall(r"`relay-runtime (start program:client [^`]*)`", PAGE)
    with relay_runtime(*command.split(), cwd=tmp_path) as process:
        process.wait_for_line('caller 1: answered; heard "Hello, and goodbye."; ended by the app', "stdout")
        process.send(signal.SIGTERM)
        assert process.exit_code() == 0, process.last_lines
