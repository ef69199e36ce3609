"""A parent whose workers are no processes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import gevent
import pytest
from doubles.placed import Placed

from relay_runtime.workers import Blueprint, Parent
from relay_runtime.workers.worker import State

Placing = Callable[..., Placed]


@pytest.fixture
def parent() -> Parent:
    """A parent of two workers, none of which was started."""
    return Parent(2, Blueprint(arguments=(), directory=Path()), drain_timeout=1.0)


@pytest.fixture
def placed(parent: Parent) -> Iterator[Placing]:
    """Places a worker: ``placed(1)``, ``placed(2, State.DRAINING)``."""
    made: list[Placed] = []
    with (
        gevent.Timeout(20.0, AssertionError("the test waited in vain")),
        tempfile.TemporaryDirectory(prefix="rr-") as directory,
    ):

        def place(number: int, state: State = State.SERVING) -> Placed:
            made.append(worker := Placed(number, Path(directory), state))
            parent.slots[number - 1].worker = worker  # type: ignore[assignment]
            return worker

        yield place
        for worker in made:
            worker.close()
