"""What tests of the examination share."""

from __future__ import annotations

from collections.abc import Iterator

import gevent
import pytest


@pytest.fixture(autouse=True)
def bounded() -> Iterator[None]:
    with gevent.Timeout(20.0, AssertionError("the test waited in vain")):
        yield
