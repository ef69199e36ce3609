"""What tests of commands share: a clean process, a sandbox to connect to, and a process to look into."""

from __future__ import annotations

import functools
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest
import typer
from clean_process import clean_process
from doubles.looked import Looked
from doubles.output import Output

from relay_runtime.inspection.server import ControlServer
from relay_runtime.sandbox import Sandbox
from relay_runtime.settings.options import OPTIONS

LIMIT = 60.0
APP = """
from relay_runtime import CallActor, RelayClient, aio

class Patient(CallActor):
    def on_offer(self):
        pass

class Codeless(CallActor):
    pass

client = RelayClient(project="p", token="t", host="ws://127.0.0.1:9")
loop = aio.RelayClient(project="p", token="t", host="ws://127.0.0.1:9")
"""


@pytest.fixture(scope="session", autouse=True)
def _commands_are_made_once() -> Iterator[None]:
    """Reading the signatures of all commands takes longer than most of these tests."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr("typer.main.get_command", functools.cache(typer.main.get_command))
        yield


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The current directory, which has an app; what a command does to the process is undone."""
    with gevent.Timeout(LIMIT, AssertionError("the test waited in vain")), clean_process():
        monkeypatch.chdir(tmp_path)
        (tmp_path / "app.py").write_text(APP)
        yield tmp_path


@pytest.fixture
def output(capsys: pytest.CaptureFixture[str]) -> Output:
    return Output(capsys)


@pytest.fixture
def sandbox(here: Path) -> Iterator[Sandbox]:
    """A server that the environment names."""
    with Sandbox(time_scale=0.01) as running:
        os.environ["SIGNALWIRE_SPACE"] = running.url
        os.environ["SIGNALWIRE_PROJECT_ID"] = running.project
        os.environ["SIGNALWIRE_API_TOKEN"] = running.token
        yield running
        assert running.errors == []


@pytest.fixture
def looked(here: Path) -> Iterator[Looked]:
    """A process that the environment names."""
    with tempfile.TemporaryDirectory(prefix="rr-") as directory:  # a short path: sockets have a limit
        answers = Looked()
        server = ControlServer(Path(directory) / "1.sock", answers.answer)
        server.start()
        os.environ[OPTIONS["control_socket"].variable] = str(server.path)
        yield answers
        server.stop()
