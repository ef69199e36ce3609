"""Serving calls by an app in this process: alone, or as one of several workers."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gevent
import msgspec
import pytest
from doubles.hub import until
from doubles.looked import Looked
from gevent import socket

from relay_runtime.cli import run
from relay_runtime.cli.failure import Failure
from relay_runtime.cli.serving import Greenlets, _keep_ledger, check_app, check_share, inspectable, serve_as_worker
from relay_runtime.client.client import RelayClient
from relay_runtime.inspection.places import default_path
from relay_runtime.process.process import ExitCode
from relay_runtime.sandbox import Sandbox
from relay_runtime.settings import directories
from relay_runtime.settings.config import Config, from_file, merge
from relay_runtime.workers import Errand, Watchdog
from relay_runtime.workers.tally import TallyFile

pytestmark = pytest.mark.slow  # processes and sockets


@pytest.fixture(autouse=True)
def runtime(here: Path) -> Iterator[Path]:
    """The directory of this user's control sockets."""
    with tempfile.TemporaryDirectory(prefix="rr-") as path:
        os.environ["XDG_RUNTIME_DIR"] = path
        yield Path(path)


def config(**values: Any) -> Config:
    return merge(from_file(values, "relay.toml"))


def subscribed(sandbox: Sandbox, context: str) -> None:
    while not any(context in session.contexts for session in sandbox.sessions()):
        gevent.sleep(0)


def test_an_app_must_be_named() -> None:
    assert check_app(config(app="app:It")) == "app:It"
    with pytest.raises(Failure, match=r"say what serves the calls") as failure:
        check_app(config())
    assert failure.value.code == ExitCode.USAGE


def test_every_worker_must_have_a_share_of_the_cap() -> None:
    check_share(config(max_active_calls=3), 3)
    with pytest.raises(Failure, match=r"max_active_calls in relay\.toml is 3, which is fewer than the 4 workers"):
        check_share(config(max_active_calls=3), 4)


def test_a_process_can_be_looked_into_unless_it_was_told_not_to() -> None:
    with inspectable(config(), Looked()):
        assert default_path().is_socket()
    assert not default_path().exists()
    with inspectable(config(control_socket="off"), Looked()):
        assert not default_path().exists()


def test_a_socket_that_was_asked_for_must_be_had_and_another_need_not(
    runtime: Path, log_lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (runtime / "mine.sock").write_text("precious")
    with pytest.raises(Failure, match=r"control_socket in relay\.toml: .* exists and is no socket") as failure:
        inspectable(config(control_socket=str(runtime / "mine.sock")), Looked())
    assert failure.value.code == ExitCode.BAD_CONFIG
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/proc/none")
    monkeypatch.setattr(directories, "SHARED", runtime / "mine.sock")
    with inspectable(config(), Looked()):
        assert any("relay-runtime ps and the like won't find this process" in line for line in log_lines)


def test_an_app_serves_calls_until_a_signal(sandbox: Sandbox) -> None:
    serving = gevent.spawn(run, ["start", "app:Patient", "-c", "office", "--log-level", "error"])
    subscribed(sandbox, "office")
    os.kill(os.getpid(), signal.SIGTERM)
    assert serving.get() == ExitCode.OK


HOOKS = """
from pathlib import Path

def on_ready(client):
    Path("ready").write_text(client.state)

def on_drain(client):
    Path("drained").write_text(client.state)
"""


def test_on_ready_and_on_drain_of_the_module_of_a_class_are_those_of_its_client(here: Path, sandbox: Sandbox) -> None:
    with (here / "app.py").open("a") as file:
        file.write(HOOKS)
    serving = gevent.spawn(run, ["start", "app:Patient", "-c", "office", "--log-level", "error"])
    until((here / "ready").exists)
    subscribed(sandbox, "office")
    os.kill(os.getpid(), signal.SIGTERM)
    assert serving.get() == ExitCode.OK
    assert ((here / "ready").read_text(), (here / "drained").read_text()) == ("connected", "connected")


def test_a_hook_that_cannot_be_one_is_an_error_of_the_app(
    here: Path, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    with (here / "app.py").open("a") as file:
        file.write("on_drain = 5\n")
    assert run(["start", "app:Patient", "-c", "office"]) == ExitCode.BAD_APP
    assert "app:Patient: on_drain(client) can't be used: the handler" in capsys.readouterr().err


def test_a_class_without_code_is_an_error_of_the_app(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["start", "app:Codeless", "-c", "office"]) == ExitCode.BAD_APP
    assert "Codeless has no code: define run(self), or hooks" in capsys.readouterr().err


def test_a_directory_of_ledgers_that_cannot_be_had_is_an_error_of_the_setting(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["start", "app:Patient", "-c", "office", "--ledger", "/proc/ledgers"]) == ExitCode.BAD_CONFIG
    assert "--ledger: the directory /proc/ledgers can't be made" in capsys.readouterr().err


class Parent:
    """The parent's end of a worker's line.

    Attributes:
        heard: what the worker has said.
        tally: where it writes its calls down.
    """

    def __init__(self, control_socket: Path) -> None:
        self._end, theirs = socket.socketpair()
        channel = theirs.detach()
        self.tally = TallyFile(control_socket.parent)
        self.errand = Errand(
            number=2,
            workers=2,
            channel=channel,
            watchdog=channel,  # nobody asks it
            tally=self.tally.fileno(),
            control_socket=str(control_socket),
            timeout=30.0,
            kill_after=10.0,
            settings={"log_level": "error"},
            contexts=("office",),
        )
        self.heard: list[dict[str, Any]] = []
        self._reader = gevent.spawn(self._read)

    def _read(self) -> None:
        for line in self._end.makefile("rb"):
            self.heard.append(msgspec.json.decode(line))

    def hears(self, said: str) -> dict[str, Any]:
        while not any(each["said"] == said for each in self.heard):
            gevent.sleep(0)
        return next(each for each in self.heard if each["said"] == said)

    def lets_serve(self) -> None:
        self._end.sendall(b"go\n")

    def dies(self) -> None:
        self._reader.kill()
        self._end.close()
        self.tally.close()


def served(errand: Errand) -> ExitCode:
    """Serve as a worker whose watchdog sleeps."""
    return serve_as_worker({"app": "app:Patient"}, None, None, errand, Greenlets(), Watchdog(errand))


@pytest.fixture
def parent(runtime: Path) -> Iterator[Parent]:
    (runtime / "workers").mkdir(mode=0o700)
    parent = Parent(runtime / "workers" / "1.sock")
    yield parent
    parent.dies()


def test_a_worker_loads_the_app_and_serves_when_its_parent_lets_it(sandbox: Sandbox, parent: Parent) -> None:
    serving = gevent.spawn(served, parent.errand)
    loaded = parent.hears("loaded")
    assert (loaded["contexts"], loaded["drain_timeout"]) == (["office"], 30.0)
    assert any(file.endswith("app.py") for file in loaded["files"])
    assert sandbox.counters.connections == 0
    parent.lets_serve()
    parent.hears("ready")
    assert os.environ["RELAY_MAX_ACTIVE_CALLS"] == "500"  # its share of 1000
    os.kill(os.getpid(), signal.SIGTERM)
    assert serving.get() == ExitCode.OK
    assert any(each["name"] == "relay_calls_offered" for each in parent.hears("over")["metrics"])


def test_a_worker_tells_its_parent_which_files_an_app_has_failed_in(here: Path, parent: Parent) -> None:
    (here / "app.py").write_text("import another\n")
    (here / "another.py").write_text("1 / 0\n")
    with pytest.raises(Failure, match="ZeroDivisionError") as failure:
        served(parent.errand)
    assert failure.value.code == ExitCode.BAD_APP
    assert {Path(file).name for file in parent.hears("failed")["files"]} >= {"app.py", "another.py"}


def test_a_worker_whose_parent_dies_ends_and_leaves_nothing_behind(sandbox: Sandbox, parent: Parent) -> None:
    serving = gevent.spawn(served, parent.errand)
    parent.hears("loaded")
    parent.lets_serve()
    subscribed(sandbox, "office")
    parent.dies()
    assert serving.get() == ExitCode.OK
    assert not Path(parent.errand.control_socket).parent.exists()


# Where calls are written down


@pytest.mark.parametrize("choice", ["auto", "off", "/somewhere"])
def test_a_client_keeps_its_ledger_where_the_settings_say(sandbox: Sandbox, choice: str) -> None:
    client = RelayClient(sandbox.project, sandbox.token, host=sandbox.url, contexts=["office"])
    _keep_ledger(client, config(ledger=choice, app="app:It"))
    assert client._life.succession.choice == choice
    assert client._life.succession.app == "app:It"


def test_by_default_it_is_beside_the_control_sockets(sandbox: Sandbox) -> None:
    client = RelayClient(sandbox.project, sandbox.token, host=sandbox.url, contexts=["office"])
    _keep_ledger(client, config(app="app:It"))
    assert client._life.succession.choice == "auto"


def test_a_program_that_chooses_itself_is_let_be_and_settings_that_say_otherwise_are_refused(sandbox: Sandbox) -> None:
    client = RelayClient(sandbox.project, sandbox.token, host=sandbox.url, contexts=["office"], ledger="off")
    _keep_ledger(client, config(app="app:It"))
    assert client._life.succession.choice == "off"
    with pytest.raises(
        Failure, match=r"ledger in relay\.toml does not apply: the app gives its RelayClient"
    ) as failure:
        _keep_ledger(client, config(ledger="auto", app="app:It"))
    assert failure.value.code == ExitCode.USAGE
