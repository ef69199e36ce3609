"""Whether a session can be resumed, by what, with which contexts, and for how long."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.hub import until
from doubles.trial_clock import TrialClock

from relay_runtime.doctor import Finding, Verdict
from relay_runtime.doctor.resume.examination import CHECKS, look_at_resume
from relay_runtime.sandbox import Sandbox
from relay_runtime.sandbox.server import login, peer

pytestmark = pytest.mark.slow  # starts processes

RESUMED = "resumed (session_restored is true, the name is the same)"
RENEWED = "not resumed (session_restored is false, the name is another)"


def found(clock: TrialClock, window: float = 1.0) -> dict[str, Finding]:
    return {finding.check: finding for finding in look_at_resume(window, 60.0, str, clock)}


def test_the_sandbox_is_examined_in_order_and_nobody_elses_session_is_touched(
    sandbox: Sandbox, clock: TrialClock, log_lines: list[str]
) -> None:
    findings = found(clock)
    assert tuple(findings) == CHECKS
    assert {finding.verdict for finding in findings.values()} == {Verdict.OK}
    assert findings["resume"].says == f"another process with the same contexts: {RESUMED}"
    assert findings["resume key"].says == (
        f"without authorization_state: {RESUMED}; no newer one came at a resume, so that an old one could not be tried"
    )
    assert findings["resume list"].says == (
        f"with other contexts: {RESUMED}, which take the place of the former ones; "
        f"with no contexts: {RESUMED}, none is left"
    )
    assert findings["window"].says.startswith("a session without a connection is kept for 1.0 s at least")
    told = str(findings) + "".join(log_lines)
    assert sandbox.token not in told
    for session in sandbox.sessions():
        assert session.authorization_state not in told
        assert session.protocol not in told
        assert all(context.startswith("doctor-") for context in session.contexts)


def test_an_old_authorization_state_is_tried_where_there_is_one(sandbox: Sandbox, clock: TrialClock) -> None:
    def renew(_: float) -> None:
        session = sandbox.session()
        if session.peer is not None:
            session.renew()
            until(lambda: session.unacked == 0, "the acknowledgement of the new state")

    clock.meanwhile = renew
    told = found(clock)["resume key"].says
    assert told == f"without authorization_state: {RESUMED}; with an old one: {RENEWED}"


def test_a_server_that_gives_no_state_needs_none(
    sandbox: Sandbox, clock: TrialClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relay_runtime.doctor.resume.visit.Visit.wait_for_state", lambda *_: None)
    monkeypatch.setattr("relay_runtime.sandbox.calls.session.Session.push_state", lambda _: None)
    assert found(clock)["resume key"].says == (
        "the server gives no authorization_state: the name of a session is enough"
    )


def test_a_server_that_resumes_nothing_is_a_warning_and_the_rest_is_skipped(
    sandbox: Sandbox, clock: TrialClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login, "_resumed", lambda *_: None)
    findings = found(clock)
    assert findings["resume"].verdict is Verdict.WARNING
    assert findings["resume"].says == f"another process with the same contexts: {RENEWED}"
    assert findings["resume"].mend
    assert [findings[check].verdict for check in CHECKS[1:]] == [Verdict.SKIPPED] * 3


@pytest.mark.parametrize(
    ("keeps", "with_others", "with_none"),
    [
        (lambda former, _: former, "and the former ones stay in their place", "the former ones stay"),
        (lambda former, given: former | given, "which are added to the former ones", "the former ones stay"),
        (lambda former, given: given or former, "which take the place of the former ones", "the former ones stay"),
    ],
)
def test_servers_that_keep_contexts_are_found_out(
    sandbox: Sandbox, clock: TrialClock, monkeypatch: pytest.MonkeyPatch, keeps: Any, with_others: str, with_none: str
) -> None:
    subscribed: dict[str, set[str]] = {}

    def log_in(exchange: Any, raw: Any) -> Any:
        session, restored = login.log_in(exchange, raw)
        given = set(session.contexts)
        session.contexts = keeps(subscribed.get(session.sessionid, set()), given) if restored else given
        subscribed[session.sessionid] = set(session.contexts)
        return session, restored

    monkeypatch.setattr(peer, "log_in", log_in)
    assert found(clock)["resume list"].says == (
        f"with other contexts: {RESUMED}, {with_others}; with no contexts: {RESUMED}, {with_none}"
    )


def test_with_a_jwt_alone_it_is_told_what_could_not_be_found_out(
    sandbox: Sandbox, clock: TrialClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SIGNALWIRE_API_TOKEN")
    monkeypatch.setenv("SIGNALWIRE_JWT_TOKEN", sandbox.jwt_token)
    told = found(clock)["resume list"].says
    assert told.count("which count was not found out: tasks are sent with project and token") == 2


def test_a_server_whose_tasks_do_not_come_leaves_it_open(
    sandbox: Sandbox, clock: TrialClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relay_runtime.sandbox.calls.messages.Messages.task", lambda *_: True)
    assert found(clock)["resume list"].says.count("which count was not found out: no task came") == 2


def test_what_fails_is_told_and_the_next_is_tried(sandbox: Sandbox, clock: TrialClock) -> None:
    sandbox.stop()
    findings = found(clock)
    assert tuple(findings) == CHECKS
    assert {finding.verdict for finding in findings.values()} == {Verdict.WARNING}
    assert all(finding.says.startswith("not found out: ") and finding.mend for finding in findings.values())
