"""A process that is killed and started again in the same folder, as systemd and Kubernetes do it, adopts its calls."""

from __future__ import annotations

import os
import re
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import gevent
import msgspec
import pytest
from running_process import LIMIT, RunningProcess, ask, relay_runtime

from relay_runtime.sandbox import Caller, Run, Sandbox

pytestmark = [pytest.mark.scenario, pytest.mark.proof]

ROOT = Path(__file__).parents[2]
(APP,) = re.findall(r"```python\n(# orders\.py\n.*?)```", (ROOT / "docs" / "semantics.md").read_text(), re.DOTALL)
RECEPTIONIST = str(ROOT / "examples" / "receptionist" / "app.py")
CALLERS = 3


class Place:
    """A folder in which processes of one app are started, one after another."""

    def __init__(self, path: Path, folder: Path, sandbox: Sandbox) -> None:
        self.folder = folder
        self._path = path
        self._sandbox = sandbox
        self.environ = {
            "XDG_RUNTIME_DIR": str(folder),
            "SIGNALWIRE_SPACE": sandbox.url,
            "SIGNALWIRE_PROJECT_ID": sandbox.project,
            "SIGNALWIRE_API_TOKEN": sandbox.token,
        }

    def start(self, *arguments: str, app: str = "orders:Order") -> RunningProcess:
        return relay_runtime("start", app, "-c", "office", *arguments, cwd=self._path, environ=self.environ)

    def callers(self) -> list[Run]:
        """Place callers, and wait until each is served, and that is written down."""
        runs = [self._sandbox.place(_caller(number)) for number in range(CALLERS)]
        until(lambda: self.memos() == CALLERS, "not every caller is served")
        return runs

    def memos(self) -> int:
        return sum(path.read_text().count('["memo"') for path in self.ledgers())

    def ledgers(self) -> list[Path]:
        return sorted(self.folder.rglob("*.ledger"))


def _caller(number: int) -> Caller:
    caller = Caller(f"+1555010000{number}").dials("office", patience=6_000)
    return caller.hears("order of two lamps", 6_000).waits_for_hangup(6_000)


def until(condition: Callable[[], object], complaint: str) -> None:
    with gevent.Timeout(LIMIT, AssertionError(complaint)):
        while not condition():
            gevent.sleep(0.02)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(time_scale=0.05, control_port=None, resume_window=600.0) as sandbox:
        yield sandbox


@pytest.fixture
def place(tmp_path: Path, sandbox: Sandbox) -> Iterator[Place]:
    (tmp_path / "orders.py").write_text(APP)
    with tempfile.TemporaryDirectory(prefix="rr-") as folder:  # a short path: sockets have a limit
        yield Place(tmp_path, Path(folder), sandbox)


@pytest.mark.parametrize("mode", [0o755, 0o2777], ids=["RuntimeDirectory", "emptyDir"])
def test_a_process_that_is_started_again_in_the_same_folder_adopts_the_calls_of_the_killed_one(
    place: Place, mode: int
) -> None:
    place.folder.chmod(mode)
    with place.start() as process:
        process.wait_for_line("serving the contexts office")
        runs = place.callers()
        (ledger,) = place.ledgers()
        assert (ledger.stat().st_mode & 0o777, ledger.parent.stat().st_mode & 0o777) == (0o600, 0o700)
        process.send(signal.SIGKILL)
        assert process.exit_code() == -signal.SIGKILL
    with place.start() as process:
        process.wait_for_line(f"is resumed; calls adopted: {CALLERS}")
        assert [run.wait(LIMIT).ok for run in runs] == [True] * CALLERS
        process.send(signal.SIGTERM)
        assert process.exit_code() == 0, process.last_lines
    assert place.ledgers() == []


def test_a_container_all_of_whose_processes_die_at_once_adopts_its_calls_when_it_is_started_again(
    place: Place,
) -> None:
    with place.start("--workers", "2") as process:
        process.wait_for_line("all workers serve calls")
        runs = place.callers()
        report = msgspec.json.decode(ask("ps", "--json", environ=place.environ))
        for pid in (process.process.pid, *(worker["pid"] for worker in report["workers"])):
            os.kill(pid, signal.SIGKILL)
        assert process.exit_code() == -signal.SIGKILL
    with place.start("--workers", "2") as process:
        assert [run.wait(LIMIT).ok for run in runs] == [True] * CALLERS
        process.send(signal.SIGTERM)
        assert process.exit_code() == 0, process.last_lines
    assert place.ledgers() == []


def test_the_app_of_the_image_asks_nobody_again_who_has_chosen_already(place: Place, sandbox: Sandbox) -> None:
    caller = Caller("+15550100001").dials("office", patience=6_000).hears("Press 1", 6_000).presses("1")
    with place.start(app=RECEPTIONIST) as process:
        process.wait_for_line("serving the contexts office")
        run = sandbox.place(caller.hears("Sales will call", 6_000).waits_for_hangup(6_000))
        until(place.memos, "the choice is not written down")
        process.send(signal.SIGKILL)
        process.exit_code()
    with place.start(app=RECEPTIONIST) as process:
        outcome = run.wait(LIMIT)
    assert outcome.ok
    assert sum("Press 1" in words for words in outcome.heard) == 1
