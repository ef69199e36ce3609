"""Fixtures of the tests of a client."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

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
    with Sandbox(time_scale=0.005, control_port=None) as sandbox:
        yield sandbox
