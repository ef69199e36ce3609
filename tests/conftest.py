"""Fixtures of all tests."""

from __future__ import annotations

import contextlib
import functools
import gc
import os
import re
import sysconfig
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from gevent._hub_local import get_hub_if_exists
from hypothesis import HealthCheck, settings
from loguru import logger

# How long a busy machine takes to make an example says nothing about the code.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", settings.get_profile("patient"), max_examples=10)  # `make unit`
settings.load_profile("patient")


gc.disable()  # collecting tests makes no garbage


def pytest_collection_finish() -> None:
    gc.enable()
    _spare_the_collector()


@pytest.fixture(scope="module", autouse=True)
def _spared() -> Iterator[None]:
    yield
    _spare_the_collector()
    hub: Any = get_hub_if_exists()
    # Below nothing, whoever waits next on this hub gets LoopExit, in whatever test.
    assert hub is None or hub.loop.activecnt >= 0, "a watcher of the hub was counted off twice by a test of this module"


def _spare_the_collector() -> None:
    """Have it look no more at what outlives a module: who looks for what a test left sees what tests make alone."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _apart_from_this_machine() -> Iterator[None]:
    """Have the processes that tests start be found by these tests alone.

    No test trusts an authority that it did not make: reading the hundreds that a machine trusts takes longer than most
    tests do.
    """
    with tempfile.TemporaryDirectory(prefix="rr-") as path, pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDG_RUNTIME_DIR", path)
        patched.setenv("SSL_CERT_FILE", os.devnull)
        patched.setenv("SSL_CERT_DIR", os.devnull)
        patched.setattr("sysconfig.get_path", _asked_once(sysconfig.get_path))
        yield


def _asked_once(get_path: Callable[..., str]) -> Callable[..., str]:
    """Remember where libraries live, which loguru asks forty times for each sink."""
    remembered = functools.cache(get_path)
    return lambda *names, **how: get_path(*names, **how) if how else remembered(*names)


@pytest.fixture
def log_lines() -> Iterator[list[str]]:
    """Every line that is logged during the test, tracebacks with the values of their variables included."""
    lines: list[str] = []
    sink = logger.add(lines.append, level="TRACE", format="{level} {message} {extra}", diagnose=True, backtrace=True)
    yield lines
    logger.remove(sink)


_SURPRISES = (
    "could not handle", "ignored a frame that could not be handled", "code that was run aside crashed",
    "something was raised between two turns",
)  # fmt: skip
"""What is logged of an error that nobody expected: it is survived, so that nothing else would tell of it."""


_OF_USERS = re.compile(r" crashed in call |^a callback of call .* crashed|^the .*handler .* crashed")
"""What is logged when code of a program crashes: to the caller it looks like a hang-up."""


@pytest.fixture(autouse=True)
def _unsurprised(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test in which something of ours, or of a program of the docs, went wrong unseen.

    A test that looks at the log itself knows what it does, and so does one with the mark ``crashes``.
    """
    if "log_lines" in request.fixturenames:
        yield
        return
    shown = {"docs", "examples"} & set(request.path.parts) or request.path.name == "test_readme.py"
    of_users = shown and request.node.get_closest_marker("crashes") is None

    def surprising(record: Any) -> bool:
        message = record["message"]
        return message.startswith(_SURPRISES) or bool(of_users and _OF_USERS.search(message))

    lines: list[str] = []
    sink = logger.add(lines.append, level="ERROR", filter=surprising)
    yield
    with contextlib.suppress(ValueError):  # a test has taken all sinks away
        logger.remove(sink)
    assert lines == [], "something has crashed or failed unseen"
