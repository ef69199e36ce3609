"""Another process, which resumes a session."""

from __future__ import annotations

import sys

import pytest
from doubles.hub import until

from relay_runtime.doctor.resume import heir as heir_module
from relay_runtime.doctor.resume.heir import Heir, HeirFailed
from relay_runtime.doctor.resume.trials import Trials
from relay_runtime.doctor.resume.visit import Outcome
from relay_runtime.sandbox import Sandbox

pytestmark = pytest.mark.slow  # starts processes


def test_another_process_resumes_and_ends_without_a_word(trials: Trials, sandbox: Sandbox) -> None:
    with Heir() as heir:
        heir.wait_until_ready()
        assert heir.resume(trials.begin("shop").lose(), 60.0) == Outcome(told=True, same_name=True)
    (session,) = sandbox.sessions()
    assert (session.logins, session.contexts) == (2, {"shop"})
    until(lambda: session.peer is None, "the end of the connection")


def test_why_it_could_not_log_in_is_told(trials: Trials, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    lost = trials.begin().lose()
    monkeypatch.delenv("SIGNALWIRE_API_TOKEN")
    with Heir() as heir, pytest.raises(HeirFailed, match="missing credentials: token"):
        heir.wait_until_ready()
        heir.resume(lost, 60.0)


def test_a_process_that_ends_is_told(trials: Trials, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with Heir() as heir, pytest.raises(HeirFailed, match="ended with exit code 1"):
        heir.wait_until_ready()


def test_a_process_that_has_ended_takes_nothing(
    trials: Trials, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = trials.begin().lose()
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with Heir() as heir:
        heir._process.wait()
        with pytest.raises(HeirFailed):
            heir.resume(lost, 60.0)


def test_it_ends_by_itself_with_whoever_started_it() -> None:
    with Heir() as heir:
        heir.wait_until_ready()
        heir._asked.close()
        assert heir._process.wait() == 0


def test_what_python_writes_when_it_starts_is_passed_over(
    trials: Trials, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heir_module, "_PROGRAM", f"print('hello from a .pth file'); {heir_module._PROGRAM}")
    with Heir() as heir:
        heir.wait_until_ready()
        assert heir.resume(trials.begin().lose(), 60.0).restored


def test_a_process_that_takes_too_long_is_told(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heir_module, "_PROGRAM", "input()")
    monkeypatch.setattr(heir_module, "_PATIENCE", 0.05)
    with Heir() as heir, pytest.raises(HeirFailed, match=r"said nothing within 0\.05 s"):
        heir.wait_until_ready()
