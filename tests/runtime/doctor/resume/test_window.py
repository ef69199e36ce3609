"""How long a session is kept, found out by the clock of the test."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from doubles.hub import until
from doubles.trial_clock import TrialClock

from relay_runtime.doctor import Verdict
from relay_runtime.doctor.resume.trials import Trials
from relay_runtime.doctor.resume.window import look_at_window
from relay_runtime.sandbox import Sandbox


def gone_after(limit: float, sandbox: Sandbox) -> Callable[[float], None]:
    """Have sessions end that are left alone for so many seconds."""

    def meanwhile(seconds: float) -> None:
        if seconds >= limit:
            for session in sandbox.sessions():
                session.end("not_resumed")

    return meanwhile


def test_the_bounds_are_narrowed_down(trials: Trials, clock: TrialClock, sandbox: Sandbox, told: list[str]) -> None:
    clock.meanwhile = gone_after(10.0, sandbox)
    finding = look_at_window(trials, 60.0)
    assert finding.verdict is Verdict.OK
    assert finding.says == "a session without a connection is kept for 8.0 s, gone after 10.0 s"
    assert clock.slept == [1, 2, 4, 8, 16, 12, 10]
    assert told[0] == "window: leaving a session alone for 1.0 s"
    assert told[-1] == "window: kept for 8.0 s, gone after 12.0 s; leaving a session alone for 10.0 s"


def test_no_session_is_left_alone_for_longer_than_the_limit(
    trials: Trials, clock: TrialClock, sandbox: Sandbox
) -> None:
    finding = look_at_window(trials, 5.0)
    assert finding.verdict is Verdict.OK
    assert finding.says == "a session without a connection is kept for 5.0 s at least; a larger --window tries longer"
    assert clock.slept == [1, 2, 4, 5]
    assert sandbox.counters.sessions == 1


def test_a_window_that_is_too_short_is_a_warning(trials: Trials, clock: TrialClock, sandbox: Sandbox) -> None:
    clock.meanwhile = gone_after(0.4, sandbox)
    finding = look_at_window(trials, 60.0)
    assert (finding.verdict, finding.says) == (
        Verdict.WARNING,
        "a session without a connection is gone after 0.5 s",
    )
    assert finding.mend


@pytest.mark.slow
def test_the_window_of_the_sandbox_itself_is_found(trials: Trials, clock: TrialClock, sandbox: Sandbox) -> None:
    sandbox.settings.change(resume_window=0.02)
    clock.meanwhile = lambda _: until(lambda: not sandbox.sessions(), "the end of the session")
    assert look_at_window(trials, 60.0).says == "a session without a connection is gone after 0.5 s"
    assert {session.end_reason for session in sandbox.ended_sessions()} == {"not_resumed"}
