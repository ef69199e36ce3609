"""Fixtures of the model's tests."""

from __future__ import annotations

from collections.abc import Iterator

import gevent
import pytest
from doubles.hub import LIMIT
from doubles.started import Started


@pytest.fixture(autouse=True)
def bounded() -> Iterator[None]:
    """Fail, rather than hang, a test whose own greenlet waits in vain."""
    with gevent.Timeout(4 * LIMIT, AssertionError("the test waited in vain")):
        yield


@pytest.fixture
def started() -> Iterator[Started]:
    actors = Started()
    yield actors
    actors.end()
