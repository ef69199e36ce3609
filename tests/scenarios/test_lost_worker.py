"""A worker that dies with calls on it, without a ledger: its parent names them and counts them, as no clean end."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest
from running_process import RunningProcess, http, http_text, relay_runtime

from relay_runtime.process.process import ExitCode

pytestmark = [pytest.mark.scenario, pytest.mark.proof]

APP = """
import os, time
from relay_runtime import CallActor

class Waits(CallActor):
    def run(self):
        {first}
        self.answer()
        print("answered", self.call_id, os.getpid(), flush=True)
        {then}
        self.wait_for("calling.user_event")
"""


class Bench:
    """A directory with an app of two workers."""

    def __init__(self, path: Path, runtime: str) -> None:
        self.path = path
        self.environ = {"XDG_RUNTIME_DIR": runtime}

    def start(self, *, first: str = "pass", then: str = "pass") -> RunningProcess:
        (self.path / "app.py").write_text(APP.format(first=first, then=then))
        given = ("app:Waits", "-c", "office", "--sandbox", "--workers", "2", "--http-port", "0", "--ledger", "off")
        return relay_runtime("start", *given, cwd=self.path, environ=self.environ)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with tempfile.TemporaryDirectory(prefix="rr-") as runtime:  # a short path: sockets have a limit
        yield Bench(tmp_path, runtime)
        assert [path for path in Path(runtime).rglob("*") if path.name != "relay-runtime"] == []


def call(process: RunningProcess) -> tuple[str, int]:
    """Let a caller come; return the id of the call when it is answered, and of the process that has it."""
    process.wait_for_line("all workers serve calls")
    control = process.wait_for_line(r"control port +(http\S+)", "stdout")[1]
    http(f"{control}/calls", {"context": "office", "steps": [{"waits_for_hangup": 600}]})
    found = process.wait_for_line(r"answered (\S+) (\d+)", "stdout")
    return found[1], int(found[2])


def ends_with(process: RunningProcess, *signals: int) -> None:
    """Stop a process, and find out that it says which calls were lost."""
    for number in signals:
        process.send(number)
        gevent.sleep(0.5)  # as a human would
    assert process.exit_code() == ExitCode.UNREACHABLE, process.stderr
    assert "every call ended by itself" not in process.lines["stderr"][-1]
    assert "calls may be up still" in process.lines["stderr"][-1]
    totals = process.wait_for_line("all workers have ended; (.+)")[1]
    assert totals.startswith("calls offered: 1, admitted: 1, refused: none; ended: none; incomplete")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT])
def test_the_calls_of_a_worker_that_was_killed_right_when_they_were_answered_are_named(
    bench: Bench, number: signal.Signals
) -> None:
    with bench.start() as process:
        url = process.wait_for_line(r"probes and metrics on (http\S+)")[1].rstrip("/")
        call_id, pid = call(process)
        os.kill(pid, number)
        line = process.wait_for_line(rf"ended with signal {int(number)}; calls may be up still: 1: (\S+)")
        assert line[1] == call_id
        assert "relay_calls_left_up_total 1.0" in http_text(f"{url}/metrics")[1]
        ends_with(process, signal.SIGTERM)


def test_the_calls_of_a_worker_whose_app_ends_the_process_are_named(bench: Bench) -> None:
    with bench.start(then="time.sleep(0.1); os._exit(0)") as process:
        call_id, _ = call(process)
        assert process.wait_for_line(r"ended with exit code 0; calls may be up still: 1: (\S+)")[1] == call_id
        ends_with(process, signal.SIGTERM)


BLOCKS = "exec('while True: pass')"


def test_a_worker_that_is_blocked_by_the_first_line_of_a_call_is_killed_soon_after_a_second_signal(
    bench: Bench,
) -> None:
    with bench.start(first=f"print('answered', self.call_id, os.getpid(), flush=True); {BLOCKS}") as process:
        call_id, pid = call(process)
        ends_with(process, signal.SIGTERM, signal.SIGTERM)
        process.wait_for_line(rf"worker \d has not ended in time; process {pid} is killed, with calls up: 1")
        assert process.wait_for_line(r"had not ended in time; calls may be up still: 1: (\S+)")[1] == call_id
