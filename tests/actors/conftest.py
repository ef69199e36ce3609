"""Fixtures of the model's tests."""

from __future__ import annotations

from collections.abc import Iterator

import gevent
import pytest
from doubles.hub import LIMIT
from doubles.started import Started

from relay_runtime.testing.virtual import virtual_time


@pytest.fixture(autouse=True)
def bounded() -> Iterator[None]:
    """Fail, rather than hang, a test whose own greenlet waits in vain."""
    with gevent.Timeout(4 * LIMIT, AssertionError("the test waited in vain")):
        yield


@pytest.fixture(autouse=True)
def virtual(request: pytest.FixtureRequest, bounded: None) -> Iterator[None]:
    """Own the time of every test but of those that are about threads, or about a hub that is held up."""
    if request.node.get_closest_marker("real_time"):
        yield
        return
    with virtual_time():
        yield


@pytest.fixture
def started() -> Iterator[Started]:
    actors = Started()
    yield actors
    actors.end()
