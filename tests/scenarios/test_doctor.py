"""``relay-runtime doctor`` as a process: what is well, and what is wrong and how to mend it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from running_process import relay_runtime

from relay_runtime.process.process import ExitCode
from relay_runtime.sandbox import Sandbox

pytestmark = [pytest.mark.scenario, pytest.mark.proof]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(time_scale=0.01, control_port=None) as running:
        yield running


def examined(
    cwd: Path, *arguments: str, project: str = "the-project", token: str = "PT-wrong-and-secret"
) -> tuple[int, dict[str, dict[str, Any]]]:
    """Run doctor; return its exit code and its findings by the name of their check."""
    environ = {"SIGNALWIRE_PROJECT_ID": project, "SIGNALWIRE_API_TOKEN": token}
    with relay_runtime("doctor", "--json", *arguments, cwd=cwd, environ=environ) as process:
        code = process.exit_code()
        assert token not in process.stdout + process.stderr
        findings = [msgspec.json.decode(line) for line in process.lines["stdout"]]
    return code, {finding["check"]: finding for finding in findings}


def test_nothing_is_wrong_with_the_sandbox(tmp_path: Path) -> None:
    code, findings = examined(tmp_path, "--sandbox")
    assert code == ExitCode.OK
    assert {finding["verdict"] for finding in findings.values()} <= {"ok", "skipped"}
    assert findings["login"]["verdict"] == "ok"
    assert findings["contexts"]["verdict"] == "ok"


def test_a_port_where_nobody_listens_is_named_and_how_to_mend_it(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and nobody listens
        code, findings = examined(tmp_path, "--host", f"ws://127.0.0.1:{taken.getsockname()[1]}")
    assert code == ExitCode.NEGATIVE
    assert findings["tcp"]["verdict"] == "fault"
    assert findings["tcp"]["mend"]
    assert findings["login"]["verdict"] == "skipped"


def test_refused_credentials_are_told_by_a_real_login(tmp_path: Path, sandbox: Sandbox) -> None:
    code, findings = examined(tmp_path, "--host", sandbox.url)
    assert code == ExitCode.NEGATIVE
    assert findings["tcp"]["verdict"] == "ok"
    assert findings["login"]["verdict"] == "fault"
    assert findings["login"]["mend"]
    assert sandbox.counters.logins_refused >= 1


@pytest.mark.slow
def test_how_sessions_are_resumed_is_found_out_by_sessions_of_its_own(tmp_path: Path) -> None:
    with Sandbox(control_port=None, resume_window=3600) as sandbox:
        access = {"project": sandbox.project, "token": sandbox.token}
        code, findings = examined(tmp_path, "--host", sandbox.url, "--resume", "--window", "1", **access)
        assert not [session for session in sandbox.sessions() if "office" in session.contexts]
    assert code == ExitCode.OK
    assert findings["resume"]["says"].startswith("another process with the same contexts: resumed")
    assert "which take the place of the former ones" in findings["resume list"]["says"]
    assert findings["window"]["says"].startswith("a session without a connection is kept for ")
