"""Fixtures of the tests of the client for asyncio."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from doubles.awaited import LIMIT, hub_threads
from doubles.threaded_sandbox import ThreadedSandbox

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


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    """Whatever a test starts has ended with it."""
    before = hub_threads()
    yield
    for thread in hub_threads():
        if thread not in before:
            thread.join(LIMIT)
            assert not thread.is_alive()


@pytest.fixture
def threaded() -> Iterator[ThreadedSandbox]:
    with ThreadedSandbox(time_scale=0.005) as threaded:
        yield threaded
        assert threaded.sandbox.errors == []
