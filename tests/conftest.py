"""Fixtures of all tests."""

from __future__ import annotations

import gc
import os
import tempfile
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from loguru import logger

# How long a busy machine takes to make an example says nothing about the code.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", settings.get_profile("patient"), max_examples=10)  # `make unit`
settings.load_profile("patient")


def pytest_collection_finish() -> None:
    """Spare the collector what is there for all tests: who looks for what a test left sees what tests make alone."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _control_sockets_of_these_tests() -> Iterator[None]:
    """Have the processes that tests start be found by these tests alone, and find no others."""
    with tempfile.TemporaryDirectory(prefix="rr-") as path, pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDG_RUNTIME_DIR", path)
        yield


@pytest.fixture(scope="session", autouse=True)
def _no_proxy_of_this_machine() -> Iterator[None]:
    """Have no test go by a proxy that it does not name."""
    with pytest.MonkeyPatch.context() as patched:
        for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
            patched.delenv(name)
        yield


@pytest.fixture
def log_lines() -> Iterator[list[str]]:
    """Every line that is logged during the test, tracebacks with the values of their variables included."""
    lines: list[str] = []
    sink = logger.add(lines.append, level="TRACE", format="{level} {message} {extra}", diagnose=True, backtrace=True)
    yield lines
    logger.remove(sink)
