"""All checks in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from gevent.socket import create_connection

from relay_runtime.doctor import Finding, Verdict, examine
from relay_runtime.doctor.resume.examination import CHECKS
from relay_runtime.sandbox import Sandbox
from relay_runtime.settings.config import Config, Found, from_file, merge

ORDER = ["python", "packages", "event loop", "patch", "patch order"]


def by_check(findings: Iterator[Finding]) -> dict[str, Finding]:
    return {finding.check: finding for finding in findings}


@pytest.mark.slow
def test_without_credentials_the_server_is_examined_and_nobody_logs_in() -> None:
    with Sandbox() as sandbox:
        findings = by_check(examine(merge({"host": Found(sandbox.url, "a test")}), 5.0, subscribe=False))
        assert sandbox.counters.connections == 0
    assert findings["credentials"].verdict == Verdict.FAULT
    assert findings["tcp"].verdict == Verdict.OK
    assert findings["login"] == Finding("login", Verdict.SKIPPED, "credentials are missing")


@pytest.fixture(autouse=True)
def cooperative(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the patch of the process makes it; otherwise who asks for the time blocks who tells it."""
    monkeypatch.setattr("socket.create_connection", create_connection)


def config(**values: Any) -> Config:
    return merge({name: Found(value, "a test") for name, value in values.items()})


@pytest.mark.slow
def test_every_check_is_told_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    with Sandbox() as sandbox:
        settings = config(host=sandbox.url, project=sandbox.project, token=sandbox.token, contexts=["office"])
        for variable, value in settings.client_variables().items():
            if value is not None:
                monkeypatch.setenv(variable, value)
        findings = list(examine(settings, 5.0, subscribe=False))
    assert [finding.check for finding in findings] == [
        *ORDER, "credentials", "files", "dns", "tcp", "tls", "clock", "login", "contexts"
    ]  # fmt: skip
    credentials = by_check(iter(findings))["credentials"]
    assert credentials.says == "project from a test, token from a test"
    assert sandbox.token not in str(findings)


@pytest.mark.slow
def test_a_jwt_is_a_login_too() -> None:
    findings = by_check(examine(config(host="ws://127.0.0.1:9", jwt_token="a-jwt"), 0.2, subscribe=False))
    assert (findings["credentials"].verdict, findings["credentials"].says) == (Verdict.OK, "a JWT from a test")


def test_behind_a_server_that_cannot_be_reached_nothing_is_tried() -> None:
    findings = by_check(examine(config(host="ws://127.0.0.1:9", project="p", token="t"), 0.2, subscribe=True))
    assert findings["login"] == Finding("login", Verdict.SKIPPED, "the server can't be reached")
    assert findings["contexts"] == Finding("contexts", Verdict.SKIPPED, "the server can't be reached")


def resumed(window: float, timeout: float, tell: Callable[[str], object]) -> Iterator[Finding]:
    tell(f"at most {window:g} s")
    yield Finding("resume", Verdict.OK, "resumed")


@pytest.mark.slow
def test_sessions_are_resumed_behind_a_login_when_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("relay_runtime.doctor.examination.look_at_resume", resumed)
    told: list[str] = []
    with Sandbox() as sandbox:
        settings = config(host=sandbox.url, project=sandbox.project, token=sandbox.token)
        for variable, value in settings.client_variables().items():
            if value is not None:
                monkeypatch.setenv(variable, value)
        findings = list(examine(settings, 5.0, subscribe=False, window=7.0, tell=told.append))
        assert [finding.check for finding in findings[-3:]] == ["login", "contexts", "resume"]
        assert told == ["at most 7 s"]
        monkeypatch.setenv("SIGNALWIRE_API_TOKEN", "not-the-token")
        refused = by_check(examine(settings, 5.0, subscribe=False, window=7.0))
    assert {refused[check] for check in CHECKS} == {
        Finding(check, Verdict.SKIPPED, "there is no login") for check in CHECKS
    }


def test_without_a_way_to_the_server_no_session_is_tried() -> None:
    findings = by_check(examine(config(host="ws://127.0.0.1:9", project="p", token="t"), 0.2, subscribe=True, window=7))
    assert [findings[check].says for check in CHECKS] == ["the server can't be reached"] * 4


@pytest.mark.slow
def test_what_is_wrong_with_files_is_a_warning_each(tmp_path: Path) -> None:
    file = tmp_path / "relay.toml"
    file.write_text("")
    file.chmod(0o644)
    led = from_file({"host": "ws://127.0.0.1:9", "http_token": "x"}, str(file), unasked=True)
    settings = merge({"jwt_token": Found("a-jwt", "the environment")}, led)
    found = [finding for finding in examine(settings, 0.2, subscribe=False) if finding.check == "files"]
    assert [finding.verdict for finding in found] == [Verdict.WARNING] * 2
    assert found[0].mend == f"chmod 600 {file}"
    assert "nobody named" in found[1].says
