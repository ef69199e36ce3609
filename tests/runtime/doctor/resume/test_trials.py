"""What the trials share."""

from __future__ import annotations

import msgspec
import pytest
from doubles.trial_clock import TrialClock

from relay_actors.errors import RelayError
from relay_runtime.doctor.resume.tasks import TaskRefused
from relay_runtime.doctor.resume.trials import MOMENT, RealClock, Trials
from relay_runtime.sandbox import Sandbox
from relay_runtime.settings.client import resolve


def test_a_session_begins_with_all_that_resumes_it(trials: Trials, sandbox: Sandbox) -> None:
    visit = trials.begin("shop")
    assert visit.session.authorization_state == sandbox.session().authorization_state
    assert trials.resume(visit.lose()).outcome.restored


def test_a_session_that_is_refused_is_an_error(
    trials: Trials, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGNALWIRE_API_TOKEN", "not-the-token")
    trials = msgspec.structs.replace(trials, settings=resolve())
    with pytest.raises(RelayError, match="a new session was refused: Authentication failed"):
        trials.begin()


def test_tasks_tell_who_has_subscribed(trials: Trials, clock: TrialClock) -> None:
    visit = trials.begin("shop", "office")
    assert trials.heard(visit, "shop", "garden") == {"shop"}
    assert clock.slept == [MOMENT]
    visit.lose()


def test_a_task_of_an_earlier_trial_counts_for_nothing(trials: Trials, clock: TrialClock, sandbox: Sandbox) -> None:
    visit = trials.begin("shop")
    trials.heard(visit, "shop")
    sandbox.session().contexts.clear()
    assert trials.heard(visit, "shop") == set()
    visit.lose()


def test_a_server_without_the_api_is_told(trials: Trials, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("relay_runtime.sandbox.control.rest._TASKS", "/elsewhere")
    visit = trials.begin("shop")
    with pytest.raises(TaskRefused, match="the server answers 426"):
        trials.heard(visit, "shop")
    visit.lose()


def test_the_real_clock_goes_on() -> None:
    clock = RealClock()
    before = clock.now()
    clock.sleep(0.001)
    assert clock.now() > before
