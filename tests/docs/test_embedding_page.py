"""The program of docs/embedding.md that is one of its own does what the page says, by itself and under ``start``."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from running_process import RunningProcess, relay_runtime

from relay_runtime.sandbox import Callee, Sandbox

PAGE = (Path(__file__).parents[2] / "docs" / "embedding.md").read_text()
(PROGRAM,) = re.findall(r"```python\n(# campaign\.py\n.*?)```", PAGE, re.DOTALL)
(PRINTS,) = re.findall(r"the program above prints, after its first call:\n\n```\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(time_scale=0.01, control_port=None) as running:
        running.on_dial("+15550100001", Callee().answers().hears("We are open again").waits_for_hangup())
        running.on_dial("+15550100002", Callee().is_busy())  # if the signal comes late
        yield running
        assert running.counters.calls_up == 0
        assert running.errors == []


def environ(sandbox: Sandbox) -> dict[str, str]:
    return {
        "SIGNALWIRE_SPACE": sandbox.url,
        "SIGNALWIRE_PROJECT_ID": sandbox.project,
        "SIGNALWIRE_API_TOKEN": sandbox.token,
    }


def test_the_program_does_what_the_page_says_beside_its_calls(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "campaign.py").write_text(PROGRAM)
    with RunningProcess(["campaign.py"], cwd=tmp_path, environ=environ(sandbox)) as process:
        process.wait_for_line("told", "stdout")
        process.send(signal.SIGTERM)
        assert process.exit_code() == 0, process.last_lines
    assert process.lines["stdout"] == PRINTS.splitlines()


@pytest.mark.slow
def test_the_same_file_is_served_by_start(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "campaign.py").write_text(PROGRAM)
    with relay_runtime("start", "campaign.py", cwd=tmp_path, environ=environ(sandbox)) as process:
        process.wait_for_line("told", "stdout")
        process.send(signal.SIGTERM)
        assert process.exit_code() == 0, process.last_lines
    assert process.lines["stdout"] == PRINTS.splitlines()
