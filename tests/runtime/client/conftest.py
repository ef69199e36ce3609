"""Fixtures of the tests of a client."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from doubles.one_process import in_one_process

from relay_runtime.sandbox import Sandbox

VARIABLES = (
    "SIGNALWIRE_PROJECT_ID",
    "SIGNALWIRE_API_TOKEN",
    "SIGNALWIRE_JWT_TOKEN",
    "SIGNALWIRE_SPACE",
    "SIGNALWIRE_RELAY_CA_FILE",
    "RELAY_MAX_ACTIVE_CALLS",
)


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A sandbox in virtual time."""
    with in_one_process() as sandbox:
        yield sandbox


@pytest.fixture
def listening() -> Iterator[Sandbox]:
    """A sandbox that listens on a port, for what goes on in several threads or is about its address."""
    with Sandbox(time_scale=0.005, control_port=None) as sandbox:
        yield sandbox
