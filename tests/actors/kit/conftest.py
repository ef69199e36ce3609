"""The kit is what time, threads and forks are about: its tests take the machine's time."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def virtual() -> None:
    """Leave the time alone."""
