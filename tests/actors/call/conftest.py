"""Fixtures of the tests of a call."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.line import Line
from doubles.started import Started


@pytest.fixture
def line(started: Started) -> Line[Any]:
    """A live call that has no code of its own."""
    return Line(started)
