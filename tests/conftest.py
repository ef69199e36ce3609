"""Fixtures of all tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from loguru import logger


@pytest.fixture
def log_lines() -> Iterator[list[str]]:
    """Every line that is logged during the test, tracebacks with the values of their variables included."""
    lines: list[str] = []
    sink = logger.add(lines.append, level="TRACE", format="{level} {message} {extra}", diagnose=True, backtrace=True)
    yield lines
    logger.remove(sink)
