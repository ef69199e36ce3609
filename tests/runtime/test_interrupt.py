"""Ctrl-C ends the command without a traceback, while it is loading, while it works, and while the interpreter ends."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from running_process import RunningProcess, relay_runtime

from relay_runtime.process.process import ExitCode

pytestmark = pytest.mark.proof

INTERRUPTED = 130
NOBODY = {"SIGNALWIRE_SPACE": "ws://127.0.0.1:9", "SIGNALWIRE_PROJECT_ID": "p", "SIGNALWIRE_API_TOKEN": "t"}
# In short sleeps: a signal that comes right before libev waits is seen when something wakes it.
SLOW = "import time\nprint('here', flush=True)\nfor _ in range(3000): time.sleep(0.1)\n"


def interrupted(process: RunningProcess) -> int:
    process.send(signal.SIGINT)
    return process.exit_code()


@pytest.mark.parametrize("command", ["ps", "start", "listen"])
def test_while_the_command_is_loading(tmp_path: Path, command: str) -> None:
    (tmp_path / "loguru.py").write_text(SLOW)
    with RunningProcess(["-m", "relay_runtime", command], cwd=tmp_path) as process:
        process.wait_for_line("here", "stdout")
        assert interrupted(process) == INTERRUPTED
    assert process.stderr == ""


def test_while_an_app_is_loading(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(SLOW)
    with relay_runtime("start", "app:It", "--sandbox", cwd=tmp_path) as process:
        process.wait_for_line("here", "stdout")
        assert interrupted(process) == INTERRUPTED
    assert "Traceback" not in process.stderr


@pytest.mark.parametrize(
    "arguments", [("listen", "-c", "office"), ("dial", "+15550100001", "--from", "+15550100002"), ("doctor",)]
)
def test_while_there_is_no_connection(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    with relay_runtime(*arguments, cwd=tmp_path, environ=NOBODY) as process:
        process.wait_for_line("try 2|fault    tcp", "stderr" if arguments[0] != "doctor" else "stdout")
        # The examination ends by itself, and the last that Python does is to leave signals to the system.
        ended = {ExitCode.NEGATIVE, -signal.SIGINT} if arguments[0] == "doctor" else {ExitCode.NEGATIVE}
        assert interrupted(process) in {INTERRUPTED, *ended}
    assert "Traceback" not in process.stderr


def test_while_a_sandbox_runs(tmp_path: Path) -> None:
    with relay_runtime("sandbox", cwd=tmp_path) as process:
        process.wait_for_line("stop with Ctrl-C", "stdout")
        assert interrupted(process) == ExitCode.OK
    assert process.stderr == ""


def test_while_the_interpreter_ends(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(
        "import atexit, time\nfrom relay_runtime import CallActor\n"
        "class It(CallActor):\n    def run(self): pass\n"
        "def slow():\n    print('here', flush=True)\n    for _ in range(3000): time.sleep(0.1)\n"
        "atexit.register(slow)\n"
    )
    with relay_runtime("start", "app:It", "--sandbox", cwd=tmp_path) as process:
        process.wait_for_line("serving the contexts")
        process.send(signal.SIGTERM)
        process.wait_for_line("here", "stdout")
        assert interrupted(process) == INTERRUPTED
    assert "Traceback" not in process.stderr
