"""Which running process a command looks into."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from doubles.looked import Looked

from relay_runtime.cli.failure import Failure
from relay_runtime.cli.inspecting import exit_code, the_process
from relay_runtime.inspection.places import default_path
from relay_runtime.inspection.protocol import Problem
from relay_runtime.inspection.reports import Report
from relay_runtime.inspection.server import ControlServer
from relay_runtime.process.process import ExitCode
from relay_runtime.settings import directories


@pytest.fixture
def runtime(here: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The directory of this user's control sockets; that of all users is another one too."""
    with tempfile.TemporaryDirectory(prefix="rr-") as path:
        os.environ["XDG_RUNTIME_DIR"] = path
        monkeypatch.setattr(directories, "SHARED", here)
        yield Path(path)


@pytest.fixture
def running(runtime: Path) -> Iterator[list[int]]:
    """Two processes that can be asked: this one, and its parent."""
    answers = Looked()
    answers.answers["report"] = Report(pid=1, app="app:It", version="1", uptime=0.0, draining=False, workers=())
    pids = [os.getpid(), os.getppid()]
    servers = [ControlServer(default_path(pid), answers.answer) for pid in pids]
    for server in servers:
        server.start()
    yield pids
    for server in servers:
        server.stop()


def test_the_only_one_is_meant(running: list[int], runtime: Path) -> None:
    default_path(running[1]).unlink()
    assert the_process(None, None).path == default_path(running[0])


def test_of_several_one_is_to_be_named(running: list[int]) -> None:
    with pytest.raises(Failure, match=rf"say which process: --pid PID; running: .*{running[0]} \(app:It\)") as failure:
        the_process(None, None)
    assert failure.value.code == ExitCode.USAGE
    assert the_process(running[1], None).path == default_path(running[1])


def test_a_process_that_cannot_be_asked_is_told(running: list[int]) -> None:
    with pytest.raises(Failure, match="process 1 is no relay-runtime that can be asked; running: ") as failure:
        the_process(1, None)
    assert failure.value.code == ExitCode.UNREACHABLE


def test_without_any_the_place_is_told_where_they_would_be(runtime: Path) -> None:
    with pytest.raises(Failure, match=rf"looked in {runtime}/relay-runtime, ") as failure:
        the_process(None, None)
    assert failure.value.code == ExitCode.UNREACHABLE


@pytest.mark.parametrize(
    ("variable", "given", "asked"), [("there", None, "there"), ("there", "here", "here"), ("", "here", "here")]
)
def test_a_socket_that_is_named_is_asked(variable: str, given: str | None, asked: str) -> None:
    os.environ["RELAY_CONTROL_SOCKET"] = variable
    assert the_process(None, None if given is None else Path(given)).path == Path(asked)


def test_a_process_goes_before_the_socket_of_the_environment(running: list[int]) -> None:
    os.environ["RELAY_CONTROL_SOCKET"] = "there"
    assert the_process(running[0], None).path == default_path(running[0])


@pytest.mark.parametrize(
    ("kind", "code"),
    [("unknown_call", ExitCode.NEGATIVE), ("several_calls", ExitCode.USAGE), ("bad_request", ExitCode.FAILED)],
)
def test_what_cannot_be_served_has_an_exit_code(kind: str, code: ExitCode) -> None:
    assert exit_code(Problem(kind, "why")) == code
