"""A process that is stopped for too long, displaced, and continued: its session has one owner at a time."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gevent
import pytest
from gevent import subprocess
from proof.orphans_crew import LIMIT, until
from proof.orphans_judge import Witness
from proof.started import end_group, start

from relay_runtime.sandbox import Caller, Run, Sandbox

pytestmark = [pytest.mark.scenario, pytest.mark.proof, pytest.mark.timeout(300)]

_CALLERS = 20
_WATCHED = 5.0  # seconds behind SIGCONT in which a second owner would show
_APP = """
import os
from pathlib import Path
from relay_runtime import CallActor, RelayClient, Timing

class Waits(CallActor):
    def run(self):
        self.answer()
        self.wait_for_answered(60)
        self.memo = {"number": self.from_number[-4:]}
        try:
            self.wait_for("calling.user_event")
        except Exception as error:
            with Path(__file__).with_name(f"raised-{os.getpid()}").open("a") as file:
                file.write(f"{type(error).__name__}\\n")
            raise

    def on_adopted(self):
        self.play_tts(f"Still there, {self.memo['number']}?").wait(60)
        self.wait_for("calling.user_event")

client = RelayClient(contexts=["office"], call_actor=Waits, timing=Timing(takeover_after=2.0))
"""


class Bench:
    """A directory with an app, its processes, and their sandbox."""

    def __init__(self, path: Path, runtime: Path, sandbox: Sandbox) -> None:
        self.path = path
        self.sandbox = sandbox
        self._runtime = runtime
        self.started: list[subprocess.Popen[bytes]] = []
        (path / "app.py").write_text(_APP)

    def start(self) -> subprocess.Popen[bytes]:
        """Start a process, and wait until it has logged in."""
        live = len(self.sandbox.sessions())
        with (self.path / "log").open("ab") as log:
            process = start(self.sandbox, self._runtime, [f"{self.path / 'app.py'}:client"], stderr=log)
        self.started.append(process)
        until(lambda: len(self.sandbox.sessions()) > live, lambda: f"nobody logs in:\n{self.log}")
        return process

    @property
    def log(self) -> str:
        return (self.path / "log").read_text(errors="replace")[-3000:]

    def raised(self, process: subprocess.Popen[bytes]) -> list[str]:
        """Return what the code of a process's calls was raised."""
        file = self.path / f"raised-{process.pid}"
        return file.read_text().split() if file.exists() else []

    def call(self, people: int) -> list[Run]:
        """Let people call who stay on the line; return when all are answered."""
        script = [Caller(f"+1555010{each:04}").dials("office").waits_for_hangup(10 * LIMIT) for each in range(people)]
        runs = [self.sandbox.place(each) for each in script]
        until(lambda: all(run.status == "answered" for run in runs), lambda: "not everybody was answered")
        return runs


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    options: dict[str, Any] = {"ping_interval": None, "resume_window": 600.0, "control_port": None}
    with (
        tempfile.TemporaryDirectory(prefix="rr-") as runtime,  # a short path: sockets have a limit
        Sandbox(time_scale=0.05, **options) as sandbox,
    ):
        bench = Bench(tmp_path, Path(runtime), sandbox)
        try:
            yield bench
        finally:
            for process in bench.started:
                end_group(process)


def test_a_stopped_process_that_was_displaced_sends_nothing_when_it_is_continued(bench: Bench) -> None:
    witness = Witness()
    with witness.watching():
        stopped = bench.start()
        (session,) = bench.sandbox.sessions()
        runs = bench.call(_CALLERS)
        other = bench.start()
        os.kill(stopped.pid, signal.SIGSTOP)
        until(
            lambda: all(witness.first(run.call_id, session)[0] == 2 for run in runs),
            lambda: f"the calls of the stopped process were not taken over:\n{bench.log}",
        )
        os.kill(stopped.pid, signal.SIGCONT)
        until(
            lambda: len(bench.raised(stopped)) == _CALLERS, lambda: f"the calls' code was raised nothing:\n{bench.log}"
        )
        gevent.sleep(_WATCHED)
        assert bench.raised(stopped) == ["SessionLost"] * _CALLERS
        assert bench.raised(other) == []
        assert session.logins == 2
        assert bench.sandbox.counters.resumes == 1
        assert [run for run in runs if run.outcome is not None] == []
        assert bench.sandbox.requests("calling.end") == []
        until(lambda: len(serving(bench.sandbox) - {session}) == 2, lambda: f"it begins no new session:\n{bench.log}")
        bench.call(2)  # one for each
        assert session.logins == 2


def serving(sandbox: Sandbox) -> set[Any]:
    """Return the sessions that are connected and have a context."""
    return {each for each in sandbox.sessions() if each.peer is not None and each.contexts}
