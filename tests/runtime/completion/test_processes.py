"""What runs, for a shell that wants to offer it."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from doubles.watched import Watched

from relay_actors.telemetry.status import CallStatus
from relay_runtime.completion import processes
from relay_runtime.completion.processes import live_calls, running
from relay_runtime.inspection.protocol import encode
from relay_runtime.inspection.reports import Report, WorkerReport


@pytest.fixture(autouse=True)
def sockets(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An own directory of control sockets."""
    monkeypatch.delenv("RELAY_CONTROL_SOCKET", raising=False)
    before = os.environ["XDG_RUNTIME_DIR"]
    path = Path(before) / f"t{os.getpid()}"
    (path / "relay-runtime").mkdir(mode=0o700, parents=True)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(path))
    yield path / "relay-runtime"
    for each in (path / "relay-runtime").iterdir():
        each.unlink()
    (path / "relay-runtime").rmdir()
    path.rmdir()


def answering(path: Path, answer: bytes) -> socket.socket:
    """Have a socket answer one request."""
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen()

    def serve() -> None:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with connection:
            connection.recv(1000)
            connection.sendall(answer)

    threading.Thread(target=serve, daemon=True).start()
    return server


def report(app: str, *calls: tuple[str, float]) -> bytes:
    live = tuple(
        CallStatus(
            call_id=call_id,
            kind="It",
            direction="inbound",
            context="office",
            state="answered",
            age=age,
            where="/srv/app.py:10 in It.run",
        )
        for call_id, age in calls
    )
    worker = WorkerReport(pid=1, status=Watched().status(), calls=live)
    return encode({"ok": Report(pid=1, app=app, version="1", uptime=1.0, draining=False, workers=(worker,))})


def test_live_calls_are_given_oldest_first_with_what_they_do(sockets: Path) -> None:
    with answering(sockets / "7.sock", report("app:It", ("aa", 1.0), ("bb", 62.0))):
        assert list(live_calls("", "")) == [
            ("bb", "answered 62 s, app.py:10 in It.run"),
            ("aa", "answered 1 s, app.py:10 in It.run"),
        ]


def test_the_process_that_is_named_is_asked(sockets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(sockets / "7.sock", report("one", ("aa", 1.0))), answering(sockets / "8.sock", report("two")):
        assert [call for call, _ in live_calls("", "7")] == ["aa"]
    own = sockets / "own"
    with answering(own, report("one", ("cc", 1.0))):
        assert [call for call, _ in live_calls(str(own), "")] == ["cc"]
    own.unlink()
    monkeypatch.setenv("RELAY_CONTROL_SOCKET", str(own))
    with answering(own, report("one", ("dd", 1.0))):
        assert [call for call, _ in live_calls("", "")] == ["dd"]


def test_processes_are_given_with_their_apps(sockets: Path) -> None:
    with answering(sockets / "7.sock", report("app:It")):
        assert list(running()) == [("7", "app:It")]


@pytest.mark.parametrize("answer", [b"", b"no\n", b'{"ok": 1}\n', b'{"error": "x", "kind": "failed"}\n', b"[]\n"])
def test_odd_answers_are_none(sockets: Path, answer: bytes) -> None:
    with answering(sockets / "7.sock", answer):
        assert list(live_calls("", "7")) == []


@pytest.mark.slow
def test_a_process_that_does_not_answer_is_waited_for_within_bounds(
    sockets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "_PATIENCE", 0.05)
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(sockets / "7.sock"))
        silent.listen()
        assert list(live_calls("", "")) == []
        assert list(running()) == []


def test_the_report_that_is_read_is_that_of_the_protocol() -> None:
    answer: Any = msgspec.json.decode(report("app:It", ("aa", 1.0)))["ok"]
    assert {"call_id", "age", "state", "where"} <= answer["workers"][0]["calls"][0].keys()
