"""What the server lets an account do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from relay_runtime.doctor import Finding, Verdict
from relay_runtime.doctor.account import look_at_account
from relay_runtime.sandbox import Sandbox


def by_check(findings: Iterator[Finding]) -> dict[str, Finding]:
    return {finding.check: finding for finding in findings}


def log_in(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, token: str | None = None) -> None:
    monkeypatch.setenv("SIGNALWIRE_SPACE", sandbox.url)
    monkeypatch.setenv("SIGNALWIRE_PROJECT_ID", sandbox.project)
    monkeypatch.setenv("SIGNALWIRE_API_TOKEN", token or sandbox.token)


def test_the_login_is_a_real_one_and_contexts_are_left_alone_unless_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with Sandbox() as sandbox:
        log_in(sandbox, monkeypatch)
        findings = by_check(look_at_account(("office",), 5.0, subscribe=False))
        assert sandbox.counters.sessions == 1
    assert findings["login"].verdict == Verdict.OK
    assert findings["contexts"].verdict == Verdict.SKIPPED
    assert "--subscribe" in findings["contexts"].says


def test_contexts_are_subscribed_to_and_left_when_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with Sandbox() as sandbox:
        log_in(sandbox, monkeypatch)
        findings = by_check(look_at_account(("office", "shop"), 5.0, subscribe=True))
        (session,) = sandbox.sessions()
        assert not session.contexts
    assert findings["contexts"].says == "office, shop: subscribed, and left again"


def test_contexts_that_the_server_refuses_are_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    with Sandbox() as sandbox:
        log_in(sandbox, monkeypatch)
        sandbox.arm("signalwire.receive", reply={"code": "403", "message": "not yours"})
        findings = by_check(look_at_account(("office",), 5.0, subscribe=True))
    assert findings["contexts"].verdict == Verdict.FAULT
    assert "not yours" in findings["contexts"].says


def test_refused_credentials_are_tried_once_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    with Sandbox() as sandbox:
        log_in(sandbox, monkeypatch, "not-the-token")
        findings = by_check(look_at_account(("office",), 5.0, subscribe=True))
        assert sandbox.counters.logins_refused == 1
    assert findings["login"].verdict == Verdict.FAULT
    assert "SIGNALWIRE_API_TOKEN" in findings["login"].mend
    assert findings["contexts"].verdict == Verdict.SKIPPED
    assert "not-the-token" not in str(findings)


def test_without_contexts_there_is_nothing_to_subscribe_to(monkeypatch: pytest.MonkeyPatch) -> None:
    with Sandbox() as sandbox:
        log_in(sandbox, monkeypatch)
        findings = by_check(look_at_account((), 5.0, subscribe=True))
    assert findings["contexts"].verdict == Verdict.SKIPPED
    assert "no calls come in" in findings["contexts"].says


@pytest.mark.slow
def test_a_server_that_does_not_answer_in_time_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    with Sandbox() as sandbox:
        log_in(sandbox, monkeypatch)
        sandbox.stop()
        findings = by_check(look_at_account(("office",), 0.05, subscribe=True))
    assert findings["login"].verdict == Verdict.FAULT
    assert "--timeout" in findings["login"].mend
    assert findings["contexts"].says == "there is no login"
