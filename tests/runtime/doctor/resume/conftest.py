"""A sandbox that keeps sessions for long, the environment that leads to it, and trials by a clock of the test's."""

from __future__ import annotations

from collections.abc import Iterator

import gevent
import pytest
from doubles.trial_clock import TrialClock
from gevent.socket import create_connection

from relay_runtime.doctor.resume.trials import Trials
from relay_runtime.sandbox import Sandbox
from relay_runtime.settings.client import resolve


@pytest.fixture(autouse=True)
def bounded() -> Iterator[None]:
    """Give another process the time that it takes on a busy machine."""
    with gevent.Timeout(150.0, AssertionError("the test waited in vain")):
        yield


@pytest.fixture(autouse=True)
def cooperative(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the patch of the process makes it; otherwise who sends a task blocks the sandbox that takes it."""
    monkeypatch.setattr("socket.create_connection", create_connection)


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with Sandbox(resume_window=3600, control_port=None) as running:
        monkeypatch.setenv("SIGNALWIRE_SPACE", running.url)
        monkeypatch.setenv("SIGNALWIRE_PROJECT_ID", running.project)
        monkeypatch.setenv("SIGNALWIRE_API_TOKEN", running.token)
        yield running
        assert running.errors == []


@pytest.fixture
def clock(sandbox: Sandbox) -> TrialClock:
    return TrialClock(sandbox)


@pytest.fixture
def told() -> list[str]:
    """What was told while trials lasted."""
    return []


@pytest.fixture
def trials(sandbox: Sandbox, clock: TrialClock, told: list[str]) -> Trials:
    return Trials(resolve(), 60.0, told.append, clock)
