"""A sandbox that listens on ports, with telephones that run fast."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from doubles.wire import Wire

from relay_runtime.sandbox import Sandbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(time_scale=0.01) as running:
        yield running
        assert running.errors == []


@pytest.fixture
def wire(sandbox: Sandbox) -> Iterator[Callable[..., Wire]]:
    made = []

    def open_(**options: Any) -> Wire:
        made.append(Wire(sandbox.url.removeprefix("ws://"), **options))
        return made[-1]

    yield open_
    for each in made:
        each.reader.close()
        each.socket.close()
