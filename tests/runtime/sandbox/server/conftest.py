"""A sandbox that listens on ports, with telephones that run fast."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from relay_runtime.sandbox import Sandbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(time_scale=0.01) as running:
        yield running
        assert running.errors == []
